package peers

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// Operator writes to etcd what the one for Kubernetes would.
type Operator struct {
	Keys    wire.Keys
	Sealing wire.SealingKey

	t      testing.TB
	client *clientv3.Client
	epoch  int64
}

// NewOperator takes an epoch, and tells that it has looked at all accounts. The keys of the installation are shared by its daemons.
func NewOperator(t testing.TB, client *clientv3.Client, installation string, shared [32]byte, epoch int64) *Operator {
	t.Helper()
	o := &Operator{Keys: wire.KeysOf(installation), Sealing: wire.OpenerOf(shared).Key(), t: t, client: client, epoch: epoch}
	o.Put(map[string]string{o.Keys.Epoch(): fmt.Sprint(epoch), o.Keys.Looked(): fmt.Sprint(epoch)})
	return o
}

// Put writes keys in one transaction; "" deletes one.
func (o *Operator) Put(values map[string]string) {
	o.t.Helper()
	var ops []clientv3.Op
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if values[key] == "" {
			ops = append(ops, clientv3.OpDelete(key))
		} else {
			ops = append(ops, clientv3.OpPut(key, values[key]))
		}
	}
	for part := range slices.Chunk(ops, 100) {
		if _, err := o.client.Txn(o.t.Context()).Then(part...).Commit(); err != nil {
			o.t.Fatal(err)
		}
	}
}

// Encode is a value as it is kept.
func Encode(t testing.TB, value any) string {
	t.Helper()
	raw, err := wire.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Documents are those of manifests. Drafts have none.
func (o *Operator) Documents(manifests ...string) map[wire.Ref]wire.Document {
	o.t.Helper()
	set, problems := config.Parse("test", []byte(strings.Join(manifests, "")))
	if err := problems.Err(); err != nil {
		o.t.Fatal(err)
	}
	all := map[wire.Ref]wire.Document{}
	add := func(d wire.Document) {
		d.Epoch, d.Writer, d.UID = o.epoch, "test", "uid-"+d.Name
		all[d.Ref()] = d
	}
	for _, x := range set.HelpCenters {
		add(wire.DocumentOf(config.KindHelpCenter, x.Metadata, 1, x.Spec))
	}
	for _, x := range set.Forms {
		if x.Spec.Publication == config.Published {
			add(wire.DocumentOf(config.KindTicketForm, x.Metadata, 1, x.Spec))
		}
	}
	for _, x := range set.Mailboxes {
		add(wire.DocumentOf(config.KindMailbox, x.Metadata, 1, x.Spec))
	}
	return all
}

// Secret is one that is sealed for the daemon.
func (o *Operator) Secret(account, name, version string, values map[string]string) wire.Document {
	o.t.Helper()
	s := wire.Secret{Version: version, Key: o.Sealing.ID, Values: map[string][]byte{}}
	for key, value := range values {
		var err error
		if s.Values[key], err = o.Sealing.Seal(account, name, key, []byte(value)); err != nil {
			o.t.Fatal(err)
		}
	}
	body, err := json.Marshal(s)
	if err != nil {
		o.t.Fatal(err)
	}
	return wire.Document{Kind: wire.KindSecret, Namespace: account, Name: name, Hash: s.Hash(), Epoch: o.epoch, Body: body}
}

// List is that of an account with these documents.
func (o *Operator) List(account string, documents map[wire.Ref]wire.Document) *wire.Account {
	list := &wire.Account{Namespace: account, Documents: map[wire.Ref]string{}, Epoch: o.epoch, Writer: "test"}
	set := config.Set{}
	for ref, d := range documents {
		list.Documents[ref] = d.Hash
		if spec, err := config.ReadDocument[config.HelpCenterSpec](d.Body); err == nil && ref.Kind == wire.HelpCenters {
			set.HelpCenters = append(set.HelpCenters, config.HelpCenter{Metadata: d.Metadata(), Spec: spec})
		}
	}
	if settled, ok := config.Resolve(&set).Established.SignUps[account]; ok {
		list.SignUp = &settled
	}
	list.Seal()
	return list
}

// Declare makes an account exactly these documents.
func (o *Operator) Declare(account string, documents map[wire.Ref]wire.Document) *wire.Account {
	o.t.Helper()
	list := o.List(account, documents)
	values := map[string]string{o.Keys.Account(account): Encode(o.t, list)}
	for ref, d := range documents {
		values[o.Keys.Document(account, ref)] = Encode(o.t, d)
	}
	there, err := o.client.Get(o.t.Context(), o.Keys.AccountPrefix(account), clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		o.t.Fatal(err)
	}
	for _, kv := range there.Kvs {
		if _, wanted := values[string(kv.Key)]; !wanted {
			values[string(kv.Key)] = ""
		}
	}
	o.Put(values)
	return list
}

// Loaded is what a replica says that it serves of an account; nil if nothing.
func (o *Operator) Loaded(replica, account string) *wire.Loaded {
	o.t.Helper()
	resp, err := o.client.Get(o.t.Context(), o.Keys.Loaded(replica, account))
	if err != nil {
		o.t.Fatal(err)
	}
	if len(resp.Kvs) == 0 {
		return nil
	}
	l, err := wire.Decode[wire.Loaded](resp.Kvs[0].Value)
	if err != nil {
		o.t.Fatal(err)
	}
	return &l
}

// Session is what a replica says of itself; nil if it is not there.
func (o *Operator) Session(replica string) (s *wire.Session, lease clientv3.LeaseID) {
	o.t.Helper()
	resp, err := o.client.Get(o.t.Context(), o.Keys.Session(replica))
	if err != nil {
		o.t.Fatal(err)
	}
	if len(resp.Kvs) == 0 {
		return nil, 0
	}
	got, err := wire.Decode[wire.Session](resp.Kvs[0].Value)
	if err != nil {
		o.t.Fatal(err)
	}
	return &got, clientv3.LeaseID(resp.Kvs[0].Lease)
}
