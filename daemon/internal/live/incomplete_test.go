package live

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/test/peers"
)

// soon has a replica wait no longer than it must.
func soon(d *Declared) {
	d.patience, d.firstLook, d.tryAgain = time.Millisecond, time.Millisecond, 100*time.Millisecond
}

// patient has a replica wait for ever.
func patient(d *Declared) {
	d.patience, d.firstLook, d.tryAgain = 24*time.Hour, 24*time.Hour, 100*time.Millisecond
}

func acknowledges(t testing.TB, op *peers.Operator, list *wire.Account) {
	t.Helper()
	eventually(t, "the list of "+list.Namespace+" is acknowledged", func() bool {
		l := op.Loaded("replica-1", list.Namespace)
		return l != nil && l.Account == list.Hash
	})
}

func takesMail(d *Declared, address string) bool {
	_, ok := d.Live().MailboxByAddress(helpdesk.MustAddress(address))
	return ok
}

// A new replica does not begin while a part of an account is missing, as in the midst
// of a large write: it would refuse mail for good.
//
// covers: K05
func TestNewReplicaWaitsForTheWhole(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	documents := op.Documents(center("a", "one", ""), mailbox("a", "support", ""), form("a", "f", "Published", "{name: one}"))
	op.Declare("a", documents)
	missing := testKeys.Document("a", wire.Ref{Kind: wire.TicketForms, Name: "f"})
	op.Put(map[string]string{missing: ""})
	other := op.Declare("b", op.Documents(mailbox("b", "support", "")))
	d, _ := follow(t, client, t.TempDir(), patient)
	acknowledges(t, op, other)
	select {
	case <-d.Loaded():
		t.Fatal("it begins without the account")
	default:
	}
	op.Put(map[string]string{missing: peers.Encode(t, documents[wire.Ref{Kind: wire.TicketForms, Name: "f"}])})
	awaitLoaded(t, d)
	if !takesMail(d, "support@a.example") || forms(d, "a", "one") != 1 || len(d.Live().Loading().Objects) > 0 {
		t.Errorf("the whole is not served: %+v", d.Live().Loading())
	}
}

// What does not come is refused, and replaced by the last good one; the rest of the
// account is served. So a key that somebody deletes while the operator is away costs no
// mail.
//
// covers: K05
func TestNewReplicaServesWhatThereIs(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	documents := op.Documents(center("a", "one", ""), mailbox("a", "support", ""), mailbox("a", "sales", ""), mailbox("a", "lost", ""), form("a", "f", "Published", "{name: one}"))
	list := op.Declare("a", documents)
	ref := func(kind wire.Kind, name string) wire.Ref { return wire.Ref{Kind: kind, Name: name} }
	newer := op.Documents(strings.Replace(mailbox("a", "sales", ""), "displayName: sales", "displayName: Sales", 1))
	op.Put(map[string]string{
		testKeys.LastGoodDocument("a", ref(wire.TicketForms, "f")): peers.Encode(t, documents[ref(wire.TicketForms, "f")]),
		testKeys.Document("a", ref(wire.TicketForms, "f")):         "",
		testKeys.Document("a", ref(wire.Mailboxes, "lost")):        "",
		testKeys.Document("a", ref(wire.Mailboxes, "sales")):       peers.Encode(t, newer[ref(wire.Mailboxes, "sales")]),
	})
	d, _ := follow(t, client, t.TempDir(), soon)
	awaitLoaded(t, d)
	if !takesMail(d, "support@a.example") || !takesMail(d, "sales@a.example") || takesMail(d, "lost@a.example") || forms(d, "a", "one") != 1 {
		t.Errorf("it does not serve what there is: %+v", d.Live().Loading())
	}
	acknowledges(t, op, list)
	refused := op.Loaded("replica-1", "a").Refused
	for r, words := range map[wire.Ref]string{
		ref(wire.TicketForms, "f"): "it is not there", ref(wire.Mailboxes, "lost"): "it is not there", ref(wire.Mailboxes, "sales"): "not the one that the list",
	} {
		if !strings.Contains(refused[r].Error, words) || refused[r].Hash != documents[r].Hash {
			t.Errorf("%s is refused as %+v, want %q", r, refused[r], words)
		}
	}
	if len(refused) != 3 {
		t.Errorf("refused: %v", refused)
	}
	op.Declare("a", documents)
	eventually(t, "the whole is served", func() bool { return takesMail(d, "lost@a.example") && len(d.Live().Loading().Objects) == 0 })
}

// An etcd that no operator has ever written to says nothing about what is declared.
//
// covers: K05
func TestNothingBeginsBeforeAnOperator(t *testing.T) {
	client := startEtcd(t)
	var log logged
	d, _ := follow(t, client, t.TempDir(), soon, func(d *Declared) { d.options.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	eventually(t, "it waits for an operator", func() bool { return log.has("no operator has written to etcd yet") })
	select {
	case <-d.Loaded():
		t.Fatal("it begins with nothing, though nobody has said that nothing is declared")
	default:
	}
	newOperator(t, client, 1)
	awaitLoaded(t, d)
}

// An operator that has come as far as one account, as after etcd was lost, has not said
// yet what else is declared: mail for that would be refused. An earlier one never says
// that it has looked at all, so it is waited for a while only.
//
// covers: K05
func TestNothingBeginsInTheMidstOfTheFirstLook(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	op.Put(map[string]string{testKeys.Looked(): ""})
	list := op.Declare("a", op.Documents(mailbox("a", "support", "")))
	d, stop := follow(t, client, t.TempDir(), patient)
	acknowledges(t, op, list)
	select {
	case <-d.Loaded():
		t.Fatal("it begins with one account, though there may be more")
	default:
	}
	last := op.Declare("b", op.Documents(mailbox("b", "support", "")))
	op.Put(map[string]string{testKeys.Looked(): "1"})
	awaitLoaded(t, d)
	acknowledges(t, op, last)
	if !takesMail(d, "support@a.example") || !takesMail(d, "support@b.example") {
		t.Error("it begins without an account that is declared")
	}
	stop()

	op.Put(map[string]string{testKeys.Looked(): ""})
	d, _ = follow(t, client, t.TempDir(), soon)
	awaitLoaded(t, d)
	if !takesMail(d, "support@a.example") || !takesMail(d, "support@b.example") {
		t.Error("it does not begin with what there is")
	}
}

// logged is what was logged.
type logged struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(line)
}

func (l *logged) has(words string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.all.String(), words)
}

// keptOnDisk runs a replica on a store until it has account a on its disk.
func keptOnDisk(t *testing.T, client *clientv3.Client, op *peers.Operator, manifests ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	op.Declare("a", op.Documents(manifests...))
	d, stop := follow(t, client, dir)
	awaitLoaded(t, d)
	eventually(t, "it is on disk", func() bool { _, err := os.Stat(filepath.Join(dir, "a.json")); return err == nil })
	stop()
	return dir
}

// An account that a restored or lost store does not have is served on and told of,
// until the operator says that nothing of it is declared. Nothing is concluded from
// numbers or revisions, which the store of another past has as well.
//
// covers: K05
func TestOnlyWhatWasDeletedIsForgotten(t *testing.T) {
	client := startEtcd(t)
	dir := keptOnDisk(t, client, newOperator(t, client, 4), mailbox("a", "support", ""))
	other := startEtcd(t)
	d, _ := follow(t, other, dir, soon)
	awaitLoaded(t, d)
	op := newOperator(t, other, 5) // it has taken its number, and come as far as b
	for i := range 100 {
		op.Put(map[string]string{"/postern/test/tickets": strings.Repeat("x", i+1)})
	}
	list := op.Declare("b", op.Documents(mailbox("b", "support", "")))
	acknowledges(t, op, list)
	if !takesMail(d, "support@a.example") {
		t.Fatal("the account is forgotten, though nobody has deleted it")
	}
	if l := op.Loaded("replica-1", "a"); l == nil || len(l.Documents) != 1 {
		t.Fatalf("that it is served is not told: %+v", l)
	}
	acknowledges(t, op, op.Declare("a", nil))
	if takesMail(d, "support@a.example") {
		t.Error("it takes mail though it was deleted")
	}
	op.Put(map[string]string{testKeys.Account("a"): ""})
	eventually(t, "it is forgotten", func() bool { return op.Loaded("replica-1", "a") == nil })
	eventually(t, "the disk forgets it", func() bool { _, err := os.Stat(filepath.Join(dir, "a.json")); return err != nil })
}

// What the store does not have yields its names to whoever is declared with them, and
// has them back when they are free. Who loses a name says so.
//
// covers: K02, K05
func TestWhatTheStoreDoesNotHaveYields(t *testing.T) {
	client := startEtcd(t)
	dir := keptOnDisk(t, client, newOperator(t, client, 4), center("a", "one", ""), mailbox("a", "support", ""))
	lost := startEtcd(t)
	op := newOperator(t, lost, 1) // numbers begin anew
	d, _ := follow(t, lost, dir, soon)
	awaitLoaded(t, d)
	holder := func(account string) {
		t.Helper()
		eventually(t, "the host is served for "+account, func() bool {
			h, ok := d.Live().HelpCenterByHost("one.example")
			return ok && h.Account == account
		})
	}
	holder("a")
	centers, boxes := wire.Ref{Kind: wire.HelpCenters, Name: "one"}, wire.Ref{Kind: wire.Mailboxes, Name: "support"}
	list := op.Declare("b", op.Documents(center("b", "one", ""), mailbox("b", "support", "")))
	holder("b")
	acknowledges(t, op, list)
	if l := op.Loaded("replica-1", "b"); len(l.Documents) != 2 || len(l.Refused) > 0 {
		t.Errorf("who has the host acknowledges %+v", l)
	}
	eventually(t, "who lost the host says so", func() bool {
		l := op.Loaded("replica-1", "a")
		return l != nil && l.Documents[centers] == "" && l.Documents[boxes] != "" && strings.Contains(l.Refused[centers].Error, "one.example is held by an object of another account")
	})
	objects := d.Live().Loading().Objects
	if len(objects) != 1 || objects[0].Account != "a" || objects[0].Object != centers.String() || objects[0].Serving {
		t.Errorf("told: %+v", objects)
	}
	op.Declare("b", nil)
	holder("a")
	eventually(t, "it is served, it says", func() bool {
		l := op.Loaded("replica-1", "a")
		return l.Documents[centers] != "" && len(l.Refused) == 0
	})
}
