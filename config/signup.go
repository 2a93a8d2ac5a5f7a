package config

import "slices"

// Established is what earlier sets have settled. [Resolve] takes it from a Set
// and returns what to give to the next one; whoever resolves keeps it in between.
// Empty, it lets age decide.
type Established struct {
	Hosts     map[string]Key               `json:"hosts,omitempty"`     // by HostKey
	Addresses map[string]Key               `json:"addresses,omitempty"` // by AddressKey
	SignUps   map[string]EstablishedSignUp `json:"signUps,omitempty"`   // by namespace
}

// MaxOverruled is how many declarations that did not hold are remembered each on its
// own, so that what is settled stays far below the size of what is kept.
const MaxOverruled = 256

// EstablishedSignUp is the sign-up that holds for an account.
type EstablishedSignUp struct {
	// Holder is the name of the help center that declares it, "" while none is served
	// that declares one.
	Holder string `json:"holder"`
	// Declared is the hash of what the holder declared when it became the holder.
	Declared string `json:"declared"`
	// Applied is what holds. It is narrower than what is declared where the holder
	// before was deleted and had been narrower.
	Applied SignUp `json:"applied"`
	// Overruled are the hashes of declarations that did not hold, by the names of their
	// help centers. Until one is changed it opens nothing, whoever goes.
	Overruled map[string]string `json:"overruled,omitempty"`
	// AllOverruled says that of all declarations, in place of more than MaxOverruled.
	AllOverruled bool `json:"allOverruled,omitempty"`
}

// closed is the sign-up of an account that declares none.
func closed() SignUp { return SignUp{Mode: SignUpInviteOnly} }

// settleSignUp returns what holds for an account: of all its help centers those are
// declaring, oldest first, that are served and declare a sign-up. ok is false if
// there is nothing to keep.
//
// A deletion must never open a portal. So a new holder begins with what both it
// and the last one allow, until somebody changes its declaration: that is a
// decision, and it then holds as it stands. Where nobody was left to follow at once,
// the same is true of who comes later and was overruled before.
func settleSignUp(declaring, all []HelpCenter, last EstablishedSignUp, known bool) (now EstablishedSignUp, ok bool) {
	now = nextHolder(declaring, last, known)
	now.Overruled, now.AllOverruled = nil, false
	for _, h := range all {
		if h.Spec.SignUp == nil || h.Metadata.Name == now.Holder {
			continue
		}
		if hash := Hash(*h.Spec.SignUp); now.Holder != "" || last.overruled(h.Metadata.Name, hash) {
			now.overrule(h.Metadata.Name, hash)
		}
	}
	return now, now.Holder != "" || len(now.Overruled) > 0 || now.AllOverruled
}

func nextHolder(declaring []HelpCenter, last EstablishedSignUp, known bool) EstablishedSignUp {
	if len(declaring) == 0 {
		return EstablishedSignUp{Applied: closed()}
	}
	for _, h := range declaring {
		if known && h.Metadata.Name == last.Holder {
			if Hash(*h.Spec.SignUp) == last.Declared {
				return last
			}
			return establish(h, *h.Spec.SignUp)
		}
	}
	heir := declaring[0]
	if known && (last.Holder != "" || last.overruled(heir.Metadata.Name, Hash(*heir.Spec.SignUp))) {
		return establish(heir, narrower(last.Applied, *heir.Spec.SignUp))
	}
	return establish(heir, *heir.Spec.SignUp)
}

// overruled reports whether what a help center declares did not hold as it stands.
func (e *EstablishedSignUp) overruled(name, hash string) bool {
	narrowed := name == e.Holder && hash == e.Declared && Hash(e.Applied) != hash
	return narrowed || e.AllOverruled || e.Overruled[name] == hash
}

func (e *EstablishedSignUp) overrule(name, hash string) {
	switch {
	case e.AllOverruled:
	case len(e.Overruled) == MaxOverruled:
		e.Overruled, e.AllOverruled = nil, true
	default:
		if e.Overruled == nil {
			e.Overruled = map[string]string{}
		}
		e.Overruled[name] = hash
	}
}

func establish(h HelpCenter, applied SignUp) EstablishedSignUp {
	return EstablishedSignUp{Holder: h.Metadata.Name, Declared: Hash(*h.Spec.SignUp), Applied: applied}
}

// narrower returns what both a and b let customers do, in the words of b.
func narrower(a, b SignUp) SignUp {
	both := SignUp{Mode: b.Mode}
	if a.Mode == SignUpInviteOnly {
		both.Mode = SignUpInviteOnly
	}
	for _, provider := range b.OIDC {
		sameClient := func(o OIDC) bool { return o.Issuer == provider.Issuer && o.ClientID == provider.ClientID }
		if slices.ContainsFunc(a.OIDC, sameClient) {
			both.OIDC = append(both.OIDC, provider)
		}
	}
	for _, method := range b.Methods {
		if slices.Contains(a.Methods, method) && (method != MethodOIDC || len(both.OIDC) > 0) {
			both.Methods = append(both.Methods, method)
		}
	}
	if len(both.Methods) == 0 {
		both.Mode = SignUpInviteOnly // Open without a method says nothing
	}
	return both
}
