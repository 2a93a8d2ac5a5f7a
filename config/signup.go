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

// EstablishedSignUp is the sign-up that holds for an account.
type EstablishedSignUp struct {
	// Holder is the name of the help center that declares it.
	Holder string `json:"holder"`
	// Declared is the hash of what the holder declared when it became the holder.
	Declared string `json:"declared"`
	// Applied is what holds. It is narrower than what is declared where the holder
	// before was deleted and had been narrower.
	Applied SignUp `json:"applied"`
}

// closed is the sign-up of an account that declares none.
func closed() SignUp { return SignUp{Mode: SignUpInviteOnly} }

// settleSignUp returns what holds for an account, given the help centers that
// declare a sign-up, oldest first. ok is false if none does.
//
// A deletion must never open a portal. So a new holder begins with what both it
// and the last one allow, until somebody changes its declaration: that is a
// decision, and it then holds as it stands.
func settleSignUp(declaring []HelpCenter, last EstablishedSignUp, known bool) (now EstablishedSignUp, ok bool) {
	if len(declaring) == 0 {
		return EstablishedSignUp{}, false
	}
	for _, h := range declaring {
		if known && h.Metadata.Name == last.Holder {
			if Hash(*h.Spec.SignUp) == last.Declared {
				return last, true
			}
			return establish(h, *h.Spec.SignUp), true
		}
	}
	heir := declaring[0]
	if known {
		return establish(heir, narrower(last.Applied, *heir.Spec.SignUp)), true
	}
	return establish(heir, *heir.Spec.SignUp), true
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
