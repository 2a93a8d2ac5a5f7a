package config

import "reflect"

// WithoutDefaults returns a set that says the same with less: everything is left out
// that SetDefaults fills in again. Of the metadata only namespace and name stay, as
// they are written in manifests.
func (s *Set) WithoutDefaults() *Set {
	var short Set
	for _, h := range s.HelpCenters {
		short.HelpCenters = append(short.HelpCenters, HelpCenter{Metadata: declaredMeta(h.Metadata), Spec: leaveOut(&h.Spec)})
	}
	for _, f := range s.Forms {
		short.Forms = append(short.Forms, TicketForm{Metadata: declaredMeta(f.Metadata), Spec: leaveOut(&f.Spec)})
	}
	for _, m := range s.Mailboxes {
		short.Mailboxes = append(short.Mailboxes, Mailbox{Metadata: declaredMeta(m.Metadata), Spec: leaveOut(&m.Spec)})
	}
	return &short
}

func declaredMeta(m Metadata) Metadata { return Metadata{Name: m.Name, Namespace: m.Namespace} }

// defaulted is a spec that fills in what is left out.
type defaulted[S any] interface {
	*S
	SetDefaults()
	DeepCopy() *S
}

// leaveOut tries each value: where SetDefaults makes the same of the spec without it,
// it is left out. So it needs no list of defaults that could be another one.
func leaveOut[S any, P defaulted[S]](spec P) S {
	short := spec.DeepCopy()
	full := P(spec.DeepCopy())
	full.SetDefaults() // what is served has them; a document of an older writer may lack some
	same := func() bool {
		again := P(P(short).DeepCopy())
		again.SetDefaults()
		return reflect.DeepEqual(again, full)
	}
	if same() {
		leaveOutOf(reflect.ValueOf(short).Elem(), same)
	}
	return *short
}

func leaveOutOf(v reflect.Value, same func() bool) {
	if v.IsZero() {
		return
	}
	if v.Kind() != reflect.Struct {
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		if v.SetZero(); same() {
			return
		}
		v.Set(was)
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			leaveOutOf(v.Field(i), same)
		}
	case reflect.Pointer:
		leaveOutOf(v.Elem(), same)
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			return // an item has no default
		}
		for i := range v.Len() {
			leaveOutOf(v.Index(i), same)
		}
	}
}
