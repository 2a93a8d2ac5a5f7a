package config

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSecretRefsAreAll finds every place of a spec where a secret may be named, so
// that none is forgotten when one is added.
func TestSecretRefsAreAll(t *testing.T) {
	var helpCenter HelpCenterSpec
	var mailbox MailboxSpec
	var form TicketFormSpec
	for _, tt := range []struct {
		name string
		spec any
		refs func() []SecretReference
	}{
		{"HelpCenter", &helpCenter, func() []SecretReference { return helpCenter.SecretRefs() }},
		{"Mailbox", &mailbox, func() []SecretReference { return mailbox.SecretRefs() }},
		{"TicketForm", &form, func() []SecretReference { return nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []SecretReference
			nameSecrets(reflect.ValueOf(tt.spec).Elem(), &want)
			got := tt.refs()
			for _, refs := range [][]SecretReference{got, want} {
				slices.SortFunc(refs, func(a, b SecretReference) int { return len(a.Name) - len(b.Name) })
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if refs := (MailboxSpec{}).SecretRefs(); len(refs) != 0 {
		t.Errorf("of nothing: %v", refs)
	}
}

// nameSecrets fills in what may be left out, names each secret differently, and adds
// it to refs.
func nameSecrets(v reflect.Value, refs *[]SecretReference) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		nameSecrets(v.Elem(), refs)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		nameSecrets(v.Index(0), refs)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[SecretReference]() {
			ref := SecretReference{Name: fmt.Sprintf("%*d", len(*refs)+1, 0)}
			v.Set(reflect.ValueOf(ref))
			*refs = append(*refs, ref)
			return
		}
		for i := range v.NumField() {
			nameSecrets(v.Field(i), refs)
		}
	}
}
