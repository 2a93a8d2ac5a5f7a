package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// world is a cluster, a store and some replicas, as far as plans depend on them. It
// keeps to what the store guards: nobody writes over a claim of another account.
type world struct {
	now         time.Time
	uids        int
	helpCenters map[config.Key]*v1alpha1.HelpCenter
	forms       map[config.Key]*v1alpha1.TicketForm
	mailboxes   map[config.Key]*v1alpha1.Mailbox
	secrets     map[config.Key]Secret

	accounts         map[string]*Stored // without claims
	hosts, addresses map[string]wire.Claim
	sealing          wire.SealingKey

	replicas  []*replica
	watched   []string
	silent    []string
	unwritten error
	held      bool
	most      limits
}

// replica is one of the daemon.
type replica struct {
	name   string
	does   string // Follows, Waits or Refuses
	what   wire.Ref
	why    string
	phase  wire.Phase
	boot   string
	loaded map[string]*wire.Loaded
	mail   map[string]wire.Poll
}

func newWorld() *world {
	return &world{
		now:         time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
		helpCenters: map[config.Key]*v1alpha1.HelpCenter{}, forms: map[config.Key]*v1alpha1.TicketForm{},
		mailboxes: map[config.Key]*v1alpha1.Mailbox{}, secrets: map[config.Key]Secret{},
		accounts: map[string]*Stored{}, hosts: map[string]wire.Claim{}, addresses: map[string]wire.Claim{},
		sealing: wire.OpenerOf([32]byte{1}).Key(), most: ofAccount,
	}
}

// touch gives an object what the API server gives it.
func (w *world) touch(o, before *metav1.ObjectMeta, changed bool) {
	if before == nil {
		w.uids++
		if o.UID == "" {
			o.UID = types.UID(fmt.Sprintf("uid-%d", w.uids))
		}
		if o.CreationTimestamp.IsZero() {
			o.CreationTimestamp = metav1.NewTime(w.now)
		}
		o.Generation = max(o.Generation, 1)
		return
	}
	o.UID, o.CreationTimestamp, o.Generation = before.UID, before.CreationTimestamp, before.Generation
	if changed {
		o.Generation++
	}
}

func keyOf(o *metav1.ObjectMeta) config.Key { return config.Key{Namespace: o.Namespace, Name: o.Name} }

func (w *world) applyHelpCenter(h v1alpha1.HelpCenter) {
	old := w.helpCenters[keyOf(&h.ObjectMeta)]
	if old == nil {
		w.touch(&h.ObjectMeta, nil, true)
	} else {
		w.touch(&h.ObjectMeta, &old.ObjectMeta, config.Hash(old.Spec) != config.Hash(h.Spec))
		h.Status = old.Status
	}
	w.helpCenters[keyOf(&h.ObjectMeta)] = &h
}

func (w *world) applyForm(f v1alpha1.TicketForm) {
	old := w.forms[keyOf(&f.ObjectMeta)]
	if old == nil {
		w.touch(&f.ObjectMeta, nil, true)
	} else {
		w.touch(&f.ObjectMeta, &old.ObjectMeta, config.Hash(old.Spec) != config.Hash(f.Spec))
		f.Status = old.Status
	}
	w.forms[keyOf(&f.ObjectMeta)] = &f
}

func (w *world) applyMailbox(m v1alpha1.Mailbox) {
	old := w.mailboxes[keyOf(&m.ObjectMeta)]
	if old == nil {
		w.touch(&m.ObjectMeta, nil, true)
	} else {
		w.touch(&m.ObjectMeta, &old.ObjectMeta, config.Hash(old.Spec) != config.Hash(m.Spec))
		m.Status = old.Status
	}
	w.mailboxes[keyOf(&m.ObjectMeta)] = &m
}

// snapshot is what the controller would gather for an account.
func (w *world) snapshot(account string) *Snapshot {
	s := &Snapshot{Account: account, Writer: "test", Watched: w.watched, Secrets: map[string]Secret{}}
	for _, k := range sortedKeys(w.helpCenters) {
		if k.Namespace == account {
			s.HelpCenters = append(s.HelpCenters, *w.helpCenters[k].DeepCopy())
		}
	}
	for _, k := range sortedKeys(w.forms) {
		if k.Namespace == account {
			s.Forms = append(s.Forms, *w.forms[k].DeepCopy())
		}
	}
	for _, k := range sortedKeys(w.mailboxes) {
		if k.Namespace == account {
			s.Mailboxes = append(s.Mailboxes, *w.mailboxes[k].DeepCopy())
		}
	}
	s.Stored = w.stored(s)
	w.rivals(s)
	for name := range Read(s).Secrets() {
		s.Secrets[name] = w.secrets[config.Key{Namespace: account, Name: name}]
	}
	return s
}

func (w *world) stored(s *Snapshot) Stored {
	stored := Stored{Documents: map[wire.Ref]wire.Document{}, Made: map[wire.Ref]bool{}, LastGood: map[wire.Ref]string{}}
	if a := w.accounts[s.Account]; a != nil {
		stored.Account = a.Account
		stored.Documents, stored.LastGood = maps.Clone(a.Documents), maps.Clone(a.LastGood)
		for ref := range a.Documents {
			stored.Made[ref] = true
		}
	}
	hosts, addresses := Names(s.HelpCenters, s.Mailboxes)
	stored.Hosts, stored.Addresses = known(w.hosts, s.Account, hosts), known(w.addresses, s.Account, addresses)
	stored.Sealing = w.sealing
	return stored
}

func known(claims map[string]wire.Claim, account string, names []string) map[string]wire.Claim {
	found := map[string]wire.Claim{}
	for name, c := range claims {
		if c.Namespace == account || slices.Contains(names, name) {
			found[name] = c
		}
	}
	return found
}

func (w *world) rivals(s *Snapshot) {
	hosts, addresses := Names(s.HelpCenters, s.Mailboxes)
	for _, k := range sortedKeys(w.helpCenters) {
		h := w.helpCenters[k]
		if w.sees(k) && k.Namespace != s.Account && (slices.Contains(hosts, config.HostKey(h.Spec.Host)) || len(held(s.Stored.Hosts, k)) > 0) {
			s.RivalHelpCenters = append(s.RivalHelpCenters, *h.DeepCopy())
		}
	}
	for _, k := range sortedKeys(w.mailboxes) {
		m := w.mailboxes[k]
		if w.sees(k) && k.Namespace != s.Account && (slices.Contains(addresses, config.AddressKey(m.Spec.Address)) || len(held(s.Stored.Addresses, k)) > 0) {
			s.RivalMailboxes = append(s.RivalMailboxes, *m.DeepCopy())
		}
	}
}

// sees reports whether an object is of an account that is looked after.
func (w *world) sees(k config.Key) bool {
	return len(w.watched) == 0 || slices.Contains(w.watched, k.Namespace)
}

func sortedKeys[V any](m map[config.Key]V) []config.Key {
	return slices.SortedFunc(maps.Keys(m), config.Key.Compare)
}

// write puts into the store what is desired, all or nothing, and reports the keys
// that were written.
func (w *world) write(account string, d Desired) (written []string, err error) {
	for _, c := range []struct{ stored, desired map[string]wire.Claim }{{w.hosts, d.Hosts}, {w.addresses, d.Addresses}} {
		for name := range c.desired {
			if holder, taken := c.stored[name]; taken && holder.Namespace != account {
				return nil, fmt.Errorf("%s is claimed by %s", name, holder.Key())
			}
		}
	}
	a := w.accounts[account]
	if a == nil {
		a = &Stored{Documents: map[wire.Ref]wire.Document{}, LastGood: map[wire.Ref]string{}}
		w.accounts[account] = a
	}
	for ref := range a.Documents {
		if d.Account == nil || d.Account.Documents[ref] == "" {
			delete(a.Documents, ref)
			delete(a.LastGood, ref)
			written = append(written, "-"+ref.String())
		}
	}
	for ref, doc := range w.documents(account, d) {
		if old, ok := a.Documents[ref]; !ok || old.Hash != doc.Hash || old.UID != doc.UID {
			a.Documents[ref] = doc
			written = append(written, ref.String())
		}
	}
	written = append(written, claim(w.hosts, account, d.Hosts)...)
	written = append(written, claim(w.addresses, account, d.Addresses)...)
	if (a.Account == nil) != (d.Account == nil) || d.Account != nil && a.Account.Hash != d.Account.Hash {
		a.Account = d.Account
		written = append(written, "account")
	}
	slices.Sort(written)
	return written, nil
}

// documents are those desired, with their secrets sealed.
func (w *world) documents(account string, d Desired) map[wire.Ref]wire.Document {
	documents := maps.Clone(d.Documents)
	for name, s := range d.Secrets {
		secret := wire.Secret{Version: s.Version, Key: w.sealing.ID, Values: map[string][]byte{}}
		for _, key := range s.Keys {
			secret.Values[key] = []byte(secretValue)
		}
		body, err := json.Marshal(secret)
		if err != nil {
			panic(err)
		}
		documents[wire.Ref{Kind: wire.Secrets, Name: name}] = wire.Document{
			Kind: wire.KindSecret, Namespace: account, Name: name, Hash: s.Hash, Body: body,
		}
	}
	return documents
}

func claim(stored map[string]wire.Claim, account string, desired map[string]wire.Claim) (written []string) {
	for name, c := range stored {
		if _, wanted := desired[name]; c.Namespace == account && !wanted {
			delete(stored, name)
			written = append(written, "-claim "+name)
		}
	}
	for name, c := range desired {
		if stored[name] != c {
			stored[name] = c
			written = append(written, "claim "+name)
		}
	}
	return written
}

// follow lets replicas load what lies in the store.
func (w *world) follow(account string) {
	a := w.accounts[account]
	for _, r := range w.replicas {
		if r.does == "Waits" || a == nil || a.Account == nil {
			continue
		}
		before := r.loaded[account]
		l := &wire.Loaded{Boot: r.boot, Account: a.Account.Hash, Documents: maps.Clone(a.Account.Documents), Mail: r.mail}
		if r.does == "Refuses" {
			if hash, ok := l.Documents[r.what]; ok {
				l.Refused = map[wire.Ref]wire.Refusal{r.what: {Hash: hash, Error: r.why}}
				delete(l.Documents, r.what)
				if before != nil && before.Documents[r.what] != "" {
					l.Documents[r.what] = before.Documents[r.what]
				}
			}
		}
		r.loaded[account] = l
	}
}

func (w *world) serving(account string) Serving {
	s := Serving{Now: w.now, Silent: w.silent, Unwritten: w.unwritten, Held: w.held}
	for _, r := range w.replicas {
		s.Replicas = append(s.Replicas, Replica{
			Name: r.name, Loaded: r.loaded[account],
			Session: wire.Session{Boot: r.boot, Version: "1.0.0", Schema: config.Schema, Phase: cmp.Or(r.phase, wire.Serving)},
		})
	}
	return s
}

// within makes a plan of an account that may have so much.
func within(s *Snapshot, most limits) *Plan {
	p := Read(s)
	p.within(most)
	return p
}

// pass is one look of the operator at an account.
func (w *world) pass(account string) (*Plan, Statuses, error) {
	p := within(w.snapshot(account), w.most)
	var err error
	if w.unwritten == nil && !w.held {
		_, err = w.write(account, p.Desired)
	}
	w.follow(account)
	told := p.Statuses(w.serving(account))
	w.tell(account, told)
	if a := w.accounts[account]; a != nil {
		for _, ref := range told.Promote {
			a.LastGood[ref] = p.Desired.Account.Documents[ref]
		}
	}
	return p, told, err
}

// tell writes statuses.
func (w *world) tell(account string, told Statuses) {
	for name, status := range told.HelpCenters {
		w.helpCenters[config.Key{Namespace: account, Name: name}].Status = status
	}
	for name, status := range told.Forms {
		w.forms[config.Key{Namespace: account, Name: name}].Status = status
	}
	for name, status := range told.Mailboxes {
		w.mailboxes[config.Key{Namespace: account, Name: name}].Status = status
	}
}
