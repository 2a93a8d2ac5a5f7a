package config

// Agents says how agents sign in to the console.
// +kubebuilder:object:generate=true
type Agents struct {
	// oidc are the OpenID Connect issuers that agents may sign in with, in the order
	// of their buttons. Who signs in with one becomes an agent if they are in one of
	// its groups, and can't sign in with it any more when they are in none.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	OIDC []AgentOIDC `json:"oidc,omitempty"`
}

// AgentOIDC is an OpenID Connect issuer agents may sign in with.
// +kubebuilder:validation:XValidation:rule="(has(self.issuer) && self.issuer.size() > 0) || has(self.preset)",message="issuer or preset is required"
// +kubebuilder:object:generate=true
type AgentOIDC struct {
	// name is part of the redirect address that is registered with the issuer:
	// https://HOST/agent/sign-in/back/NAME.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name"`

	// preset fills in issuer and button for a well-known issuer.
	// +optional
	Preset OIDCPreset `json:"preset,omitempty"`

	// issuer is the issuer's https address, exactly as the issuer writes it itself, as
	// for customers. Default: that of the preset.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.size() == 0 || self.matches('^(https://[^/?#@ ]+|http://(localhost|127[.]0[.]0[.]1|[[]::1[]])(:[0-9]+)?)([/?][^# ]*)?$')",message="must be an address such as https://id.acme.example, without a user name and without #; http is for localhost, 127.0.0.1 and [::1] alone"
	Issuer string `json:"issuer,omitempty"`

	// displayName is the name on the button. Default: the preset's, else name.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	DisplayName string `json:"displayName,omitempty"`

	// clientID is the client the issuer knows Postern as.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	ClientID string `json:"clientID"`

	// clientSecretRef is the secret of that client; key defaults to client-secret.
	// +required
	ClientSecretRef SecretReference `json:"clientSecretRef"`

	// scopes are asked for beside openid, email and profile, where the issuer tells
	// groups only then.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	Scopes []string `json:"scopes,omitempty"`

	// groupsClaim is the claim in which the issuer tells groups: a list of texts, or
	// one. With the preset Google, hd tells the domain. Default groups.
	// +optional
	// +kubebuilder:default=groups
	// +kubebuilder:validation:MaxLength=255
	GroupsClaim string `json:"groupsClaim,omitempty"`

	// groups are those that may sign in. The first one that somebody is in says their
	// role.
	// +required
	// +listType=map
	// +listMapKey=group
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Groups []AgentGroup `json:"groups"`
}

// AgentGroup lets a group of an issuer work as agents.
// +kubebuilder:object:generate=true
type AgentGroup struct {
	// group is its name or id, exactly as the issuer tells it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Group string `json:"group"`

	// role is the name of the role that its agents have: Admin, Agent or one of the
	// account's own. Nobody of the group comes in while there is none of the name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Role string `json:"role"`
}

// provider is what it has in common with an issuer of customers.
func (a AgentOIDC) provider() OIDC {
	return OIDC{Name: a.Name, Preset: a.Preset, Issuer: a.Issuer, DisplayName: a.DisplayName, ClientID: a.ClientID, ClientSecretRef: a.ClientSecretRef}
}

func (a *AgentOIDC) setDefaults() {
	o := a.provider()
	o.setDefaults()
	a.Issuer, a.DisplayName, a.ClientSecretRef = o.Issuer, o.DisplayName, o.ClientSecretRef
	or(&a.GroupsClaim, "groups")
}

func (c *checker) agents(path string, s Agents) {
	c.count(path+".oidc", len(s.OIDC), maxProviders)
	c.unique(path+".oidc", ".name", texts(s.OIDC, func(o AgentOIDC) string { return o.Name }))
	for i, o := range s.OIDC {
		at := element(path+".oidc", i)
		c.provider(at, o.provider())
		c.count(at+".scopes", len(o.Scopes), maxAgentScopes)
		c.unique(at+".scopes", "", o.Scopes)
		for j, scope := range o.Scopes {
			c.required(element(at+".scopes", j), scope, maxClientID)
		}
		c.required(at+".groupsClaim", o.GroupsClaim, maxClientID)
		if len(o.Groups) == 0 {
			c.addf(at+".groups", "is required: without a group nobody could sign in")
		}
		c.count(at+".groups", len(o.Groups), maxGroups)
		c.unique(at+".groups", ".group", texts(o.Groups, func(g AgentGroup) string { return g.Group }))
		for j, g := range o.Groups {
			c.required(element(at+".groups", j)+".group", g.Group, maxClientID)
			c.required(element(at+".groups", j)+".role", g.Role, maxRole)
		}
	}
}
