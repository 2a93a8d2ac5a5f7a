package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/test/peers"
)

// A start without etcd begins with what was served last; secrets are sealed on disk.
//
// covers: K05
func TestStartWithoutEtcd(t *testing.T) {
	client, dir := startEtcd(t), t.TempDir()
	op := newOperator(t, client, 1)
	documents := op.Documents(center("a", "one", ""), mailbox("a", "support", ""), form("a", "f", "Published", "{name: one}"))
	secret := op.Secret("a", "relay", "1", map[string]string{"password": "CANARY"})
	documents[secret.Ref()] = secret
	op.Declare("a", documents)
	d, stop := follow(t, client, dir)
	awaitLoaded(t, d)
	eventually(t, "it is on disk", func() bool { _, err := os.Stat(filepath.Join(dir, "a.json")); return err == nil })
	stop()
	raw, err := os.ReadFile(filepath.Join(dir, "a.json"))
	if err != nil || strings.Contains(string(raw), "CANARY") {
		t.Fatalf("the secret is on disk in the clear, or nothing is: %v", err)
	}
	away, err := clientv3.New(clientv3.Config{Endpoints: []string{"127.0.0.1:1"}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = away.Close() })
	again, _ := follow(t, away, dir)
	awaitLoaded(t, again)
	if forms(again, "a", "one") != 1 {
		t.Error("the form of before is not served")
	}
	if value, found, err := again.OpenSecret("a", "relay", "password"); string(value) != "CANARY" || !found || err != nil {
		t.Errorf("secret: %t, %v", found, err)
	}
}

// Secrets are opened from what is served, and one that is sealed for another key is
// refused without a word of what is in it.
//
// covers: K02
func TestDeclaredSecrets(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	documents := op.Documents(mailbox("a", "support", ""))
	good := op.Secret("a", "relay", "1", map[string]string{"password": "first"})
	documents[good.Ref()] = good
	op.Declare("a", documents)
	d, _ := follow(t, client, t.TempDir())
	awaitLoaded(t, d)
	is := func(key, want string, found bool) bool {
		value, ok, err := d.OpenSecret("a", "relay", key)
		return string(value) == want && ok == found && err == nil
	}
	if !is("password", "first", true) || !is("other", "", false) {
		t.Error("the secret is not opened as it was sealed")
	}
	if _, found, _ := d.OpenSecret("b", "relay", "password"); found {
		t.Error("another account's secret was opened")
	}
	next := op.Secret("a", "relay", "2", map[string]string{"password": "second"})
	documents[next.Ref()] = next
	op.Declare("a", documents)
	eventually(t, "the new value counts", func() bool { return is("password", "second", true) })
	op.Sealing = wire.OpenerOf([32]byte{2}).Key()
	foreign := op.Secret("a", "relay", "3", map[string]string{"password": "CANARY"})
	documents[foreign.Ref()] = foreign
	list := op.Declare("a", documents)
	eventually(t, "it is refused", func() bool {
		l := op.Loaded("replica-1", "a")
		return l != nil && l.Account == list.Hash && strings.Contains(l.Refused[foreign.Ref()].Error, "it is sealed with the key")
	})
	if !is("password", "second", true) {
		t.Error("the last good secret is gone")
	}
}

// A host goes to who is declared with it, not to who is only served with it because
// its new document was refused; and sign-up stays what the list says.
//
// covers: K02
func TestLastGoodYields(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	ref := wire.Ref{Kind: wire.HelpCenters, Name: "one"}
	first := op.Documents(center("a", "one", ""), mailbox("a", "support", ""))
	op.Declare("a", first)
	d, _ := follow(t, client, t.TempDir())
	awaitLoaded(t, d)
	broken := op.Documents(strings.Replace(center("a", "one", ""), "host: one.example", "host: new.example", 1), mailbox("a", "support", ""))
	broken[ref] = breakDocument(broken[ref], "newer")
	op.Declare("a", broken)
	eventually(t, "it is refused", func() bool { return len(d.Live().Loading().Objects) == 1 })
	if h, ok := d.Live().HelpCenterByHost("one.example"); !ok || h.Account != "a" {
		t.Fatal("the last good one is not served while nobody else wants its host")
	}
	op.Declare("b", op.Documents(center("b", "one", ""), mailbox("b", "support", "")))
	eventually(t, "the host is the other account's", func() bool {
		h, ok := d.Live().HelpCenterByHost("one.example")
		return ok && h.Account == "b"
	})
}

// What is served in place of a refused document opens no sign-up: the list says what
// holds, also where it says that nobody does and remembers who was overruled.
//
// covers: S26
func TestLastGoodOpensNothing(t *testing.T) {
	nobody := &config.EstablishedSignUp{Applied: config.SignUp{Mode: config.SignUpInviteOnly}, Overruled: map[string]string{"two": "sha256:00"}}
	for name, settled := range map[string]*config.EstablishedSignUp{"none is declared": nil, "none holds": nobody} {
		t.Run(name, func(t *testing.T) {
			client := startEtcd(t)
			op := newOperator(t, client, 1)
			ref := wire.Ref{Kind: wire.HelpCenters, Name: "one"}
			op.Declare("a", op.Documents(center("a", "one", "")+"  signUp: {mode: Open, methods: [Password]}\n", mailbox("a", "support", "")))
			d, _ := follow(t, client, t.TempDir())
			awaitLoaded(t, d)
			if h, _ := d.Live().HelpCenterByHost("one.example"); !h.SignUp.Open {
				t.Fatal("what is declared does not hold")
			}
			documents := op.Documents(center("a", "one", ", view: SignedIn"), mailbox("a", "support", ""))
			documents[ref] = breakDocument(documents[ref], "newer")
			list := op.List("a", documents)
			list.SignUp = settled
			list.Seal()
			op.Put(map[string]string{testKeys.Document("a", ref): peers.Encode(t, documents[ref]), testKeys.Account("a"): peers.Encode(t, list)})
			eventually(t, "it is refused", func() bool { return len(d.Live().Loading().Objects) == 1 })
			if h, ok := d.Live().HelpCenterByHost("one.example"); !ok || h.SignUp.Open || h.SignUp.Any() {
				t.Errorf("it is served: %t, with the sign-up %+v", ok, h.SignUp)
			}
		})
	}
}

// Who is served with a host keeps it, whatever port another account declares it with.
//
// covers: K03
func TestPortTakesNoHostOver(t *testing.T) {
	client := startEtcd(t)
	op := newOperator(t, client, 1)
	op.Declare("victim", op.Documents(center("victim", "one", ""), mailbox("victim", "support", "")))
	d, _ := follow(t, client, t.TempDir())
	awaitLoaded(t, d)
	rival := strings.Replace(center("attacker", "one", ""), "host: one.example", "host: one.example:8443", 1)
	list := op.Declare("attacker", op.Documents(rival, mailbox("attacker", "support", "")))
	eventually(t, "the other account is loaded", func() bool { l := op.Loaded("replica-1", "attacker"); return l != nil && l.Account == list.Hash })
	for _, host := range []string{"one.example", "one.example:8443"} {
		if h, ok := d.Live().HelpCenterByHost(host); !ok || h.Account != "victim" {
			t.Errorf("%s is served for %q", host, h.Account)
		}
	}
}

// BenchmarkBuild loads 1,000 help centers with 10 forms each, and then changes one
// form.
func BenchmarkBuild(b *testing.B) {
	client := startEtcd(b)
	op := newOperator(b, client, 1)
	var last []string
	for i := range 1000 {
		account := "account-" + string(rune('a'+i/100)) + string(rune('a'+i/10%10)) + string(rune('a'+i%10))
		last = []string{center(account, account, ""), mailbox(account, "support", "")}
		for f := range 10 {
			last = append(last, form(account, "form-"+string(rune('a'+f)), "Published", "{name: "+account+"}"))
		}
		op.Declare(account, op.Documents(last...))
	}
	b.Run("cold", func(b *testing.B) {
		for range b.N {
			d, stop := follow(b, client, b.TempDir())
			awaitLoaded(b, d)
			b.StopTimer()
			stop()
			b.StartTimer()
		}
	})
	b.Run("one form", func(b *testing.B) {
		d, _ := follow(b, client, b.TempDir())
		awaitLoaded(b, d)
		account := d.Live().Accounts()[999]
		for i := 0; b.Loop(); i++ {
			n := 9 + i%2
			op.Declare(account, op.Documents(last[:2+n]...))
			eventually(b, "the form", func() bool { return forms(d, account, account) == n })
		}
	})
}
