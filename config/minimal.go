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
	short := P(spec.DeepCopy())
	full := P(spec.DeepCopy())
	full.SetDefaults() // what is served has them; a document of an older writer may lack some
	m := minimizer{same: func() bool {
		again := P(short.DeepCopy())
		again.SetDefaults()
		return reflect.DeepEqual(again, full)
	}}
	if m.same() {
		v := reflect.ValueOf(short).Elem()
		m.items(v, reflect.ValueOf(full).Elem())
		m.leaves(v)
		if !m.same() { // a default of an item that hangs on another one
			return *spec.DeepCopy()
		}
	}
	return *short
}

// minimizer leaves values out of a spec as long as it is the same with defaults.
type minimizer struct{ same func() bool }

// structs is a list of structs in a spec, and in the one with defaults.
type structs struct{ short, full reflect.Value }

// items shortens the items of all lists in v, which is full with defaults. Each is
// alone meanwhile, without the rest of its list and without other lists: to compare
// all of a large form for each value of it would take minutes.
func (m minimizer) items(v, full reflect.Value) {
	lists := listsIn(v, full)
	whole := make([]structs, len(lists))
	for i, l := range lists {
		whole[i] = structs{reflect.ValueOf(l.short.Interface()), reflect.ValueOf(l.full.Interface())}
		l.short.SetZero()
		l.full.SetZero()
	}
	for i, l := range lists {
		for k := range whole[i].short.Len() {
			l.short.Set(whole[i].short.Slice(k, k+1))
			l.full.Set(whole[i].full.Slice(k, k+1))
			if m.same() {
				item := whole[i].short.Index(k)
				m.items(item, whole[i].full.Index(k))
				m.leaves(item)
			}
		}
		l.short.SetZero()
		l.full.SetZero()
	}
	for i, l := range lists {
		l.short.Set(whole[i].short)
		l.full.Set(whole[i].full)
	}
}

// listsIn finds the lists of structs that are not within another one.
func listsIn(v, full reflect.Value) []structs {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil() && !full.IsNil():
		return listsIn(v.Elem(), full.Elem())
	case v.Kind() == reflect.Struct:
		var lists []structs
		for i := range v.NumField() {
			lists = append(lists, listsIn(v.Field(i), full.Field(i))...)
		}
		return lists
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct && v.Len() == full.Len():
		return []structs{{v, full}}
	default:
		return nil
	}
}

// leaves leaves out what it can of v but for items of lists, which have no default.
func (m minimizer) leaves(v reflect.Value) {
	if v.IsZero() {
		return
	}
	if v.Kind() != reflect.Struct {
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		if v.SetZero(); m.same() {
			return
		}
		v.Set(was)
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			m.leaves(v.Field(i))
		}
	case reflect.Pointer:
		m.leaves(v.Elem())
	}
}
