package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// The password of a mailbox gets to the daemon sealed, whenever it comes, and as
// often as it changes.
//
// covers: K02
func TestSecret(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1")
	o := w.operator()
	box := aMailbox(a, "support", "support@acme.example")
	box.Spec.Relay = &config.Relay{Host: "smtp.acme.example", CredentialsSecretRef: &config.SecretReference{Name: "relay", Key: "password"}}
	w.create(box)
	w.until(box, v1alpha1.ConditionResolvedRefs, no, v1alpha1.ReasonSecretNotFound)

	secret := &corev1.Secret{ObjectMeta: named(a, "relay"), StringData: map[string]string{"pass": "x"}}
	w.create(secret)
	w.touch(box)
	w.until(box, v1alpha1.ConditionResolvedRefs, no, v1alpha1.ReasonSecretKeyNotFound)
	set := func(password string) {
		w.edit(secret, func() { secret.Data = map[string][]byte{"password": []byte(password)} })
	}
	set("hunter2")
	w.until(box, v1alpha1.ConditionReady, yes, "") // by itself, as it is looked for
	w.sealed(a, "hunter2")
	w.idle(o, box)

	set("hunter3")
	w.touch(box)
	w.sealed(a, "hunter3")
	w.until(box, v1alpha1.ConditionReady, yes, "")
	w.idle(o, box)

	// One that is gone is said to be.
	w.remove(secret)
	w.touch(box)
	w.until(box, v1alpha1.ConditionResolvedRefs, no, v1alpha1.ReasonSecretNotFound)
}

// sealed waits until the daemon can read this password.
func (w *world) sealed(account, password string) {
	w.t.Helper()
	key := w.keys.Document(account, wire.Ref{Kind: wire.Secrets, Name: "relay"})
	w.eventually(func() error {
		d, ok := stored[wire.Document](w, key)
		if !ok {
			return errors.New("the secret is not in etcd")
		}
		var s wire.Secret
		if err := json.Unmarshal(d.Body, &s); err != nil {
			return err
		}
		value, err := shared.Open(account, "relay", "password", s.Values["password"])
		if err != nil {
			return err
		}
		if string(value) != password {
			return fmt.Errorf("the daemon reads %q", value)
		}
		return nil
	})
}
