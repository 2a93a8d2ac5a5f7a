package live

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// stored is what lies at the place of a document in etcd.
type stored struct {
	raw    []byte // nil once it was read
	object *object
	hash   string // that it gives itself; "" if it cannot be read
	err    error  // why it is not fit to be served
}

// account is what is known of one account: what lies in etcd, and what is served
// of it. It belongs to the one goroutine that loads.
type account struct {
	name string

	listed    *wire.Account // as etcd has it; nil if it has none that can be read
	broken    error         // why the list that is there cannot be read
	wasBroken bool          // when it was adopted last
	gone      bool          // etcd has no list of it any more
	lingers   bool          // it is served on though it is gone
	waits     time.Time     // since when it is not complete, and nothing of it is served; zero if that is not so
	partial   bool          // it was not complete when it was adopted last
	revision  int64         // of the store, at which listed was seen
	stored    map[wire.Ref]*stored

	// adopted is the list that it is served by, seen at that revision; nil while it is
	// not served. kept is what the disk has from before.
	adopted *wire.Account
	seen    int64
	kept    *keptAccount
	// served are the documents that are, good the last ones that were: of the disk
	// before it is served the first time.
	served map[wire.Ref]*object
	good   map[wire.Ref]*object
	// fresh are those of good that this process has served.
	fresh   map[wire.Ref]bool
	refused map[wire.Ref]wire.Refusal
	// lost are those of served of which nothing is, as somebody else has the name, with
	// the words for that.
	lost map[wire.Ref]string
	part *snapshot
}

func newAccount(name string) *account {
	return &account{name: name, stored: map[wire.Ref]*stored{}, good: map[wire.Ref]*object{}, fresh: map[wire.Ref]bool{}}
}

// change takes in what has become of a key. r is zero for that of the list.
func (a *account) change(r wire.Ref, value []byte, revision int64) {
	if r != (wire.Ref{}) {
		if value == nil {
			delete(a.stored, r)
		} else {
			a.stored[r] = &stored{raw: value}
		}
		return
	}
	a.revision = revision
	if a.gone = value == nil; a.gone {
		a.listed, a.broken = nil, nil
		return
	}
	list, err := readList(a.name, value)
	if a.broken = err; err == nil {
		a.listed = list
	}
}

func readList(name string, value []byte) (*wire.Account, error) {
	list, err := wire.Decode[wire.Account](value)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the list of the account cannot be read: %w", err)
	case list.Namespace != name || list.Hash == "":
		return nil, errors.New("the list of the account is not one")
	case len(list.Documents) > wire.MaxObjects:
		return nil, fmt.Errorf("the account has %d documents; at most %d are served", len(list.Documents), wire.MaxObjects)
	}
	return &list, nil
}

// empty reports that nothing of the account is served, nor was before the start.
func (a *account) empty() bool {
	list := a.adopted
	if list == nil && a.kept != nil {
		list = a.kept.List
	}
	return list == nil || len(list.Documents) == 0
}

// complete reports that every document which the list names is there as it is
// named. One that cannot be read at all is there: waiting for it would keep the
// others from being served.
func (a *account) complete(opener *wire.Opener) bool {
	if a.listed == nil {
		return false
	}
	for ref, hash := range a.listed.Documents {
		s := a.stored[ref]
		if s == nil {
			return false
		}
		if s.read(a.name, ref, opener); s.hash != "" && s.hash != hash {
			return false
		}
	}
	return true
}

// find is the document that the list names. With an error, it is what is there in its
// place, if that is fit to be served.
func (a *account) find(ref wire.Ref, opener *wire.Opener) (*object, error) {
	s := a.stored[ref]
	if s == nil {
		return nil, errors.New("it is not there")
	}
	s.read(a.name, ref, opener)
	if s.err == nil && s.hash != a.listed.Documents[ref] {
		return s.object, errors.New("it is not the one that the list of the account names")
	}
	return s.object, s.err
}

// read reads the document once.
func (s *stored) read(account string, ref wire.Ref, opener *wire.Opener) {
	if s.raw == nil {
		return
	}
	s.object, s.hash, s.err = readObject(account, ref, s.raw, opener)
	s.raw = nil // what is served is kept in the object
}

// refuse notes why a document is not served as it is declared.
func (a *account) refuse(refused map[wire.Ref]wire.Refusal, ref wire.Ref, err error) {
	refused[ref] = wire.Refusal{Hash: a.listed.Documents[ref], Error: cut(err.Error(), wire.MaxError)}
}

// serves reports that these objects are what is served already.
func (a *account) serves(objects map[wire.Ref]*object) bool {
	return a.part != nil && maps.EqualFunc(a.served, objects, func(x, y *object) bool { return x.doc.Hash == y.doc.Hash && x.doc.UID == y.doc.UID })
}

// assemble puts the objects of an account into a set, sorted as config wants it.
func assemble(objects map[wire.Ref]*object) (set config.Set, b map[config.Key]*config.Form, secrets map[config.Key]*wire.Secret) {
	b, secrets = map[config.Key]*config.Form{}, map[config.Key]*wire.Secret{}
	for _, ref := range slices.SortedFunc(maps.Keys(objects), wire.Ref.Compare) {
		switch o := objects[ref]; {
		case o.center != nil:
			set.HelpCenters = append(set.HelpCenters, *o.center)
		case o.form != nil:
			set.Forms = append(set.Forms, *o.form)
			b[o.form.Metadata.Key()] = o.compiled
		case o.box != nil:
			set.Mailboxes = append(set.Mailboxes, *o.box)
		case o.secret != nil:
			secrets[config.Key{Namespace: o.doc.Namespace, Name: o.doc.Name}] = o.secret
		}
	}
	return set, b, secrets
}

// loaded is what the account acknowledges.
func (a *account) loaded(boot string, revision int64) wire.Loaded {
	l := wire.Loaded{Boot: boot, Account: a.adopted.Hash, Revision: revision, Documents: map[wire.Ref]string{}, Refused: fewer(a.notServed(), mostRefusals)}
	for ref, o := range a.served {
		if _, lost := a.lost[ref]; !lost {
			l.Documents[ref] = o.doc.Hash
		}
	}
	return l
}

// notServed are the documents that are not served as they are declared.
func (a *account) notServed() map[wire.Ref]wire.Refusal {
	if len(a.lost) == 0 {
		return a.refused
	}
	all := map[wire.Ref]wire.Refusal{}
	for ref, words := range a.lost {
		all[ref] = wire.Refusal{Hash: a.adopted.Documents[ref], Error: cut(words, wire.MaxError)}
	}
	maps.Copy(all, a.refused)
	return all
}

// refusals tell people what of the account is not served as it is declared.
func (a *account) refusals() []Refused {
	var all []Refused
	if a.broken != nil {
		all = append(all, Refused{Account: a.name, Object: "Account " + a.name, Error: a.broken.Error(), Serving: a.adopted != nil})
	}
	for ref, r := range a.notServed() {
		_, lost := a.lost[ref]
		all = append(all, Refused{Account: a.name, Object: ref.String(), Hash: r.Hash, Error: r.Error, Serving: a.served[ref] != nil && !lost})
	}
	slices.SortFunc(all, func(x, y Refused) int { return cmp.Compare(x.Object, y.Object) })
	return all
}
