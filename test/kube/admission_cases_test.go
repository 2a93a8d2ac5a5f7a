package kube_test

// least is the least spec of each kind that is accepted.
var least = map[string]string{
	"HelpCenter": `{displayName: Acme, host: help.acme.example, mailboxRef: {name: support}, portal: {ticketSubmission: Enabled}}`,
	"TicketForm": `{title: {default: Contact}}`,
	"Mailbox":    `{address: support@acme.example, inbound: {type: SMTP}}`,
}

// A refusal is what the API server says about a spec.
type refusal struct {
	spec  string // put over the least one, as a JSON merge patch
	field string // that is told
	want  string // part of what is told about it
}

const (
	long64  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	long256 = long64 + long64 + long64 + long64

	hostWanted    = "must be a host name in lower case, such as help.acme.example; a port may follow"
	serverWanted  = "must be a host name in lower case, such as mx.acme.example"
	addressWanted = "must be a plain mail address such as support@acme.example"
	webWanted     = "must be an address such as https://id.acme.example"
	labelWanted   = "must have at most 200 characters in each language"
)

var refusedHelpCenters = []refusal{
	{`{displayName: null}`, "spec.displayName", "Required value"},
	{`{displayName: ""}`, "spec.displayName", "should be at least 1 chars long"},
	{`{displayName: ` + long256 + `}`, "spec.displayName", "may not be more than 200"},
	{`{host: null}`, "spec.host", "Required value"},
	{`{host: HELP.acme.example}`, "spec.host", hostWanted},
	{`{host: "https://help.acme.example/"}`, "spec.host", hostWanted},
	{`{host: "help.acme.example:0"}`, "spec.host", hostWanted},
	{`{host: "help.acme.example:70000"}`, "spec.host", hostWanted},
	{`{host: "help_acme.example"}`, "spec.host", hostWanted},
	{`{host: ` + long64 + `.example}`, "spec.host", hostWanted},
	{`{mailboxRef: null}`, "spec.mailboxRef", "Required value"},
	{`{mailboxRef: {name: Support_}}`, "spec.mailboxRef.name", "should match"},
	{`{portal: null}`, "spec.portal", "Required value"},
	{`{portal: {ticketSubmission: null}}`, "spec.portal.ticketSubmission", "Required value"},
	{`{portal: {ticketSubmission: true}}`, "spec.portal.ticketSubmission", "must be of type string"},
	{`{portal: {ticketSubmission: Open}}`, "spec.portal.ticketSubmission", `supported values: "Enabled", "Disabled"`},
	{`{portal: {submit: Everyone}}`, "spec.portal.submit", `supported values: "Anyone", "SignedIn"`},
	{`{portal: {view: Nobody}}`, "spec.portal.view", `supported values: "AnyoneWithLink", "SignedIn"`},
	{`{portal: {linkLifetimeDays: 366}}`, "spec.portal.linkLifetimeDays", "should be less than or equal to 365"},
	{`{portal: {linkLifetimeDays: 0}}`, "spec.portal.linkLifetimeDays", "should be greater than or equal to 1"},
	{`{signUp: {methods: [Password]}}`, "spec.signUp.mode", "Required value"},
	{`{signUp: {mode: Closed}}`, "spec.signUp.mode", `supported values: "Open", "InviteOnly"`},
	{`{signUp: {mode: Open}}`, "spec.signUp.methods", "may be empty only if mode is InviteOnly"},
	{`{signUp: {mode: Open, methods: [Password, Password]}}`, "spec.signUp.methods[1]", "Duplicate value"},
	{`{signUp: {mode: Open, methods: [OIDC]}}`, "spec.signUp.oidc", "must be set if and only if methods has OIDC"},
	{`{signUp: {mode: Open, methods: [Password], oidc: [{name: a, preset: Google, clientID: a, clientSecretRef: {name: a}}]}}`, "spec.signUp.oidc", "must be set if and only if methods has OIDC"},
	{`{signUp: {mode: Open, methods: [OIDC], oidc: [{name: a, clientID: a, clientSecretRef: {name: a}}]}}`, "spec.signUp.oidc[0]", "issuer or preset is required"},
	{`{signUp: {mode: Open, methods: [OIDC], oidc: [{name: a, issuer: "http://id.acme.example", clientID: a, clientSecretRef: {name: a}}]}}`, "spec.signUp.oidc[0].issuer", webWanted},
	{`{signUp: {mode: Open, methods: [OIDC], oidc: [{name: a, issuer: "https://user@id.acme.example", clientID: a, clientSecretRef: {name: a}}]}}`, "spec.signUp.oidc[0].issuer", webWanted},
	{`{signUp: {mode: Open, methods: [OIDC], oidc: [{name: a, preset: Google, clientID: a, clientSecretRef: {name: a}}, {name: a, preset: Google, clientID: b, clientSecretRef: {name: a}}]}}`, "spec.signUp.oidc[1]", "Duplicate value"},
	{`{signUp: {mode: Open, methods: [OIDC], oidc: [{name: A b, preset: Google, clientID: a, clientSecretRef: {name: a}}]}}`, "spec.signUp.oidc[0].name", "should match"},
	{`{signUp: {mode: Open, methods: [OIDC], oidc: [{name: a, preset: Google, clientID: a, clientSecretRef: {name: A_B}}]}}`, "spec.signUp.oidc[0].clientSecretRef.name", "should match"},
	{`{signUp: {mode: Open, methods: [OIDC], oidc: [{name: a, preset: Google, clientID: a, clientSecretRef: {name: a, key: a/b}}]}}`, "spec.signUp.oidc[0].clientSecretRef.key", "should match"},
	{`{agents: {oidc: [{name: a, clientID: a, clientSecretRef: {name: a}, groups: [{group: a, role: Agent}]}]}}`, "spec.agents.oidc[0]", "issuer or preset is required"},
	{`{agents: {oidc: [{name: a, issuer: id.acme.example, clientID: a, clientSecretRef: {name: a}, groups: [{group: a, role: Agent}]}]}}`, "spec.agents.oidc[0].issuer", webWanted},
	{`{agents: {oidc: [{name: a, preset: Google, clientID: a, clientSecretRef: {name: a}, groups: []}]}}`, "spec.agents.oidc[0].groups", "should have at least 1 items"},
	{`{agents: {oidc: [{name: a, preset: Google, clientID: a, clientSecretRef: {name: a}, groups: [{group: a, role: Agent}, {group: a, role: Admin}]}]}}`, "spec.agents.oidc[0].groups[1]", "Duplicate value"},
	{`{locales: {default: english}}`, "spec.locales.default", "should match"},
	{`{locales: {supported: [en, EN]}}`, "spec.locales.supported[1]", "should match"},
	{`{locales: {supported: [de]}}`, "spec.locales.supported", "must have the default; without one that is en"},
	{`{appearance: {color: green}}`, "spec.appearance.color", "should match"},
	{`{appearance: {ticketSubmission: {buttonLabel: {default: ""}}}}`, "spec.appearance.ticketSubmission.buttonLabel.default", "should be at least 1 chars long"},
	{`{appearance: {ticketSubmission: {buttonLabel: {default: ` + long256 + `}}}}`, "spec.appearance.ticketSubmission.buttonLabel", labelWanted},
	{`{appearance: {ticketSubmission: {pageTitle: {default: A, translations: [{locale: de, text: ` + long256 + `}]}}}}`, "spec.appearance.ticketSubmission.pageTitle", labelWanted},
	{`{appearance: {ticketSubmission: {formSelectorLabel: {default: ` + long256 + `}}}}`, "spec.appearance.ticketSubmission.formSelectorLabel", labelWanted},
	{`{appearance: {ticketSubmission: {pageTitle: {default: A, translations: [{locale: de, text: A}, {locale: de, text: B}]}}}}`, "spec.appearance.ticketSubmission.pageTitle.translations[1]", "Duplicate value"},
	{`{customerView: {customFields: Listed}}`, "spec.customerView.listedFields", "must be set if and only if customFields is Listed"},
	{`{customerView: {listedFields: [topic]}}`, "spec.customerView.listedFields", "must be set if and only if customFields is Listed"},
	{`{customerView: {customFields: Listed, listedFields: [Topic]}}`, "spec.customerView.listedFields[0]", "should match"},
	{`{customerView: {statusLabels: [{status: Open, label: {default: ` + long256 + `}}]}}`, "spec.customerView.statusLabels[0].label", labelWanted},
	{`{customerView: {statusLabels: [{status: Open, label: {default: A}}, {status: Open, label: {default: B}}]}}`, "spec.customerView.statusLabels[1]", "Duplicate value"},
	{`{mail: {templates: [{purpose: Newsletter, body: {default: A}}]}}`, "spec.mail.templates[0].purpose", "supported values"},
	{`{mail: {templates: [{purpose: Reply, body: {default: A}}, {purpose: Reply, body: {default: B}}]}}`, "spec.mail.templates[1]", "Duplicate value"},
}

var refusedMailboxes = []refusal{
	{`{address: null}`, "spec.address", "Required value"},
	{`{address: "Support <support@acme.example>"}`, "spec.address", addressWanted},
	{`{address: support@ACME.example}`, "spec.address", addressWanted},
	{`{address: bücher@acme.example}`, "spec.address", addressWanted},
	{`{address: .support@acme.example}`, "spec.address", addressWanted},
	{`{address: ` + long64 + `a@acme.example}`, "spec.address", addressWanted},
	{`{aliases: [no address]}`, "spec.aliases[0]", addressWanted},
	{`{aliases: [help@acme.example, SUPPORT@acme.example]}`, "spec.aliases", "must not have the address of the mailbox itself"},
	{`{aliases: [help@acme.example, help@acme.example]}`, "spec.aliases[1]", "Duplicate value"},
	{`{inbound: {type: null}}`, "spec.inbound.type", "Required value"},
	{`{inbound: {type: POP3}}`, "spec.inbound.type", `supported values: "SMTP", "IMAP"`},
	{`{inbound: {type: IMAP}}`, "spec.inbound.imap", "must be set if and only if type is IMAP"},
	{`{inbound: {imap: {host: imap.acme.example, credentialsSecretRef: {name: imap}}}}`, "spec.inbound.imap", "must be set if and only if type is IMAP"},
	{`{inbound: {authenticationResults: "mx.acme.example; dmarc=pass"}}`, "spec.inbound.authenticationResults", serverWanted},
	{imap(`host: IMAP.acme.example, credentialsSecretRef: {name: imap}`), "spec.inbound.imap.host", serverWanted},
	{imap(`host: imap.acme.example, port: 70000, credentialsSecretRef: {name: imap}`), "spec.inbound.imap.port", "should be less than or equal to 65535"},
	{imap(`host: imap.acme.example, tls: SSL, credentialsSecretRef: {name: imap}`), "spec.inbound.imap.tls", "supported values"},
	{imap(`host: imap.acme.example`), "spec.inbound.imap", "exactly one of the fields in [credentialsSecretRef oauth] must be set"},
	{imap(`host: imap.acme.example, credentialsSecretRef: {name: imap}, oauth: {tokenURL: "https://id.acme.example/token", clientID: a, clientSecretRef: {name: a}}`), "spec.inbound.imap", "exactly one of the fields in [credentialsSecretRef oauth] must be set"},
	{imap(`host: imap.acme.example, credentialsSecretRef: {name: imap}, start: Since`), "spec.inbound.imap.since", "must be set if and only if start is Since"},
	{imap(`host: imap.acme.example, credentialsSecretRef: {name: imap}, since: "2026-11-01"`), "spec.inbound.imap.since", "must be set if and only if start is Since"},
	{imap(`host: imap.acme.example, credentialsSecretRef: {name: imap}, start: Since, since: "2026-02-30"`), "spec.inbound.imap.since", "must be of type date"},
	{imap(`host: imap.acme.example, credentialsSecretRef: {name: imap}, afterwards: Move`), "spec.inbound.imap.processedFolder", "must be set if and only if afterwards is Move"},
	{imap(`host: imap.acme.example, credentialsSecretRef: {name: imap}, afterwards: Leave, processedFolder: Done`), "spec.inbound.imap.processedFolder", "must be set if and only if afterwards is Move"},
	{imap(`host: imap.acme.example, credentialsSecretRef: {name: imap}, processedFolder: inbox`), "spec.inbound.imap.processedFolder", "must not be the folder that is read"},
	{imap(`host: imap.acme.example, credentialsSecretRef: {name: imap}, pollSeconds: 1`), "spec.inbound.imap.pollSeconds", "should be greater than or equal to 5"},
	{imap(`host: imap.acme.example, oauth: {tokenURL: "http://id.acme.example/token", clientID: a, clientSecretRef: {name: a}}`), "spec.inbound.imap.oauth.tokenURL", webWanted},
	{imap(`host: imap.acme.example, oauth: {tokenURL: "https://id.acme.example/token", clientID: a}`), "spec.inbound.imap.oauth", "at least one of the fields in [clientSecretRef refreshTokenSecretRef] must be set"},
	{`{relay: {host: smtp_acme}}`, "spec.relay.host", serverWanted},
	{`{relay: {host: smtp.acme.example, username: postern}}`, "spec.relay.username", "has a meaning only with credentialsSecretRef or oauth"},
	{`{relay: {host: smtp.acme.example, credentialsSecretRef: {name: a}, oauth: {tokenURL: "https://id.acme.example/token", clientID: a, clientSecretRef: {name: a}}}}`, "spec.relay", "at most one of the fields in [credentialsSecretRef oauth] may be set"},
	{`{relay: {host: smtp.acme.example, oauth: {tokenURL: token, clientID: a, clientSecretRef: {name: a}}}}`, "spec.relay.oauth.tokenURL", webWanted},
	{`{relay: {host: smtp.acme.example, oauth: {tokenURL: "https://id.acme.example/token", clientID: a}}}`, "spec.relay.oauth", "at least one of the fields in [clientSecretRef refreshTokenSecretRef] must be set"},
	{`{dkim: [{selector: Postern 2026, keySecretRef: {name: dkim}}]}`, "spec.dkim[0].selector", "should match"},
	{`{dkim: [{selector: a, domain: beta.example, keySecretRef: {name: dkim}}]}`, "spec.dkim", "each domain must be that of the address, or one above it"},
	{`{dkim: [{selector: a, domain: example, keySecretRef: {name: dkim}}]}`, "spec.dkim", "each domain must be that of the address, or one above it"},
	{`{dkim: [{selector: a, keySecretRef: {name: a}}, {selector: a, keySecretRef: {name: b}}]}`, "spec.dkim[1]", "Duplicate value"},
	{`{maxMessageMiB: 151}`, "spec.maxMessageMiB", "should be less than or equal to 150"},
	{`{attachments: {maxMiB: 101}}`, "spec.attachments.maxMiB", "should be less than or equal to 100"},
	{`{attachments: {blockedExtensions: [.exe]}}`, "spec.attachments.blockedExtensions[0]", "should match"},
	{`{trust: {newTickets: Everyone}}`, "spec.trust.newTickets", `supported values: "Anyone", "Proven", "Nobody"`},
	{`{trust: {colleagueDomains: [ACME.example]}}`, "spec.trust.colleagueDomains[0]", "should match"},
	{`{trust: {newTicketDomains: ["@acme.example"]}}`, "spec.trust.newTicketDomains[0]", "should match"},
	{`{trust: {mailsPerHour: 200000}}`, "spec.trust.mailsPerHour", "should be less than or equal to 100000"},
}

// imap is a mailbox that is polled with these members.
func imap(members string) string { return `{inbound: {type: IMAP, imap: {` + members + `}}}` }

// field is a form with one field of these members beside name and label.
func field(members string) string {
	return `{fields: [{name: one, label: {default: A}, ` + members + `}]}`
}

var refusedForms = []refusal{
	{`{title: null}`, "spec.title", "Required value"},
	{`{title: {default: ` + long256 + `}}`, "spec.title", labelWanted},
	{`{publication: Public}`, "spec.publication", `supported values: "Draft", "Published"`},
	{`{order: 1001}`, "spec.order", "should be less than or equal to 1000"},
	{`{audience: Staff}`, "spec.audience", "supported values"},
	{`{helpCenterRefs: [{name: acme}, {name: acme}]}`, "spec.helpCenterRefs[1]", "Duplicate value"},
	{`{helpCenterRefs: [{name: Acme}]}`, "spec.helpCenterRefs[0].name", "should match"},
	{`{subject: {text: {default: A}}}`, "spec.subject.text", "has a meaning only with mode Fixed"},
	{`{subject: {mode: Fixed, text: {default: ` + long256 + `}}}`, "spec.subject.text", labelWanted},
	{`{subject: {label: {default: ` + long256 + `}}}`, "spec.subject.label", labelWanted},
	{`{message: {label: {default: ` + long256 + `}}}`, "spec.message.label", labelWanted},
	{`{fields: [{type: ShortText, label: {default: A}}]}`, "spec.fields[0].name", "Required value"},
	{`{fields: [{name: one, label: {default: A}}]}`, "spec.fields[0].type", "Required value"},
	{`{fields: [{name: One, type: ShortText, label: {default: A}}]}`, "spec.fields[0].name", "should match"},
	{`{fields: [{name: in, type: ShortText, label: {default: A}}]}`, "spec.fields[0].name", "must not be a word of the expression language"},
	{`{fields: [{name: one, type: ShortText}]}`, "spec.fields[0].label", "is required"},
	{`{fields: [{name: one, type: ShortText, label: {default: ` + long256 + `}}]}`, "spec.fields[0].label", labelWanted},
	{`{fields: [{name: one, type: Info, label: {default: A}}, {name: one, type: Info, label: {default: A}}]}`, "spec.fields[1]", "Duplicate value"},
	{field(`type: Text`), "spec.fields[0].type", "supported values"},
	{field(`type: Info, help: {default: A}`), "spec.fields[0].help", "has no meaning for a field of type Info"},
	{field(`type: Checkbox, placeholder: {default: A}`), "spec.fields[0].placeholder", "has no meaning for a field of type Checkbox"},
	{field(`type: ShortText, placeholder: {default: ` + long256 + `}`), "spec.fields[0].placeholder", labelWanted},
	{field(`type: Hidden, requirement: Required`), "spec.fields[0].requirement", "has no meaning for a field of type Hidden"},
	{field(`type: File, initial: a`), "spec.fields[0].initial", "has no meaning for a field of type File"},
	{field(`type: Consent, version: "1", prefill: a`), "spec.fields[0].prefill", "has no meaning for a field of type Consent"},
	{field(`type: ShortText, prefill: "?a"`), "spec.fields[0].prefill", "should match"},
	{field(`type: Select`), "spec.fields[0].options", "must be set if and only if type is Select, MultiSelect or Tree"},
	{field(`type: ShortText, options: [{value: a, label: {default: A}}]`), "spec.fields[0].options", "must be set if and only if type is Select, MultiSelect or Tree"},
	{field(`type: Select, options: [{value: a, label: {default: A}}, {value: a, label: {default: B}}]`), "spec.fields[0].options[1]", "Duplicate value"},
	{field(`type: Select, options: [{value: a, label: {default: ` + long256 + `}}]`), "spec.fields[0].options[0].label", labelWanted},
	{field(`type: Select, options: [{value: a, label: {default: A}}, {value: b, parent: a, label: {default: B}}]`), "spec.fields[0].options", "parent has a meaning only in a Tree"},
	{field(`type: File, minItems: 1`), "spec.fields[0].minItems", "has no meaning for a field of type File"},
	{field(`type: MultiSelect, minItems: 2, options: [{value: a, label: {default: A}}]`), "spec.fields[0].minItems", "must not be more than maxItems"},
	{field(`type: ShortText, maxItems: 1`), "spec.fields[0].maxItems", "has no meaning for a field of type ShortText"},
	{field(`type: MultiSelect, maxItems: 2, options: [{value: a, label: {default: A}}]`), "spec.fields[0].maxItems", "must not be more than there are options"},
	{field(`type: File, maxItems: 21`), "spec.fields[0].maxItems", "must be at most 20 files"},
	{field(`type: Email, minLength: 1`), "spec.fields[0].minLength", "has no meaning for a field of type Email"},
	{field(`type: ShortText, minLength: 30, maxLength: 20`), "spec.fields[0].minLength", "must not be more than maxLength"},
	{field(`type: Integer, maxLength: 1`), "spec.fields[0].maxLength", "has no meaning for a field of type Integer"},
	{field(`type: ShortText, maxLength: 1001`), "spec.fields[0].maxLength", "must be at most 1000"},
	{field(`type: LongText, maxLength: 20001`), "spec.fields[0].maxLength", "should be less than or equal to 20000"},
	{field(`type: LongText, pattern: a`), "spec.fields[0].pattern", "has no meaning for a field of type LongText"},
	{field(`type: ShortText, patternMessage: {default: A}`), "spec.fields[0].patternMessage", "has a meaning only with pattern"},
	{field(`type: ShortText, pattern: a, patternMessage: {default: ` + long256 + `}`), "spec.fields[0].patternMessage", labelWanted},
	{field(`type: ShortText, min: "1"`), "spec.fields[0].min", "has no meaning for a field of type ShortText"},
	{field(`type: ShortText, max: "1"`), "spec.fields[0].max", "has no meaning for a field of type ShortText"},
	{field(`type: Integer, min: 1`), "spec.fields[0].min", "must be of type string"},
	{field(`type: Integer, min: "1.5"`), "spec.fields[0].min", "must be a value of type Integer"},
	{field(`type: Decimal, max: many`), "spec.fields[0].max", "must be a value of type Decimal"},
	{field(`type: Date, min: 31.1.2026`), "spec.fields[0].min", "must be a day such as 2026-01-31, or Today"},
	{field(`type: Date, max: tomorrow`), "spec.fields[0].max", "must be a day such as 2026-01-31, or Today"},
	{field(`type: Integer, min: "10", max: "9"`), "spec.fields[0].max", "must not be less than min"},
	{field(`type: Decimal, min: "2,5", max: "-1"`), "spec.fields[0].max", "must not be less than min"},
	{field(`type: Date, min: "2026-02-02", max: "2026-02-01"`), "spec.fields[0].max", "must not be less than min"},
	{field(`type: Integer, decimals: 1`), "spec.fields[0].decimals", "has no meaning for a field of type Integer"},
	{field(`type: Decimal, decimals: 7`), "spec.fields[0].decimals", "should be less than or equal to 6"},
	{field(`type: URL, file: {}`), "spec.fields[0].file", "has no meaning for a field of type URL"},
	{field(`type: File, file: {types: [pdf]}`), "spec.fields[0].file.types[0]", "should match"},
	{field(`type: Consent`), "spec.fields[0].version", "must be set if and only if type is Consent"},
	{field(`type: Info, version: "1"`), "spec.fields[0].version", "must be set if and only if type is Consent"},
	{`{rules: [{when: "true", effects: [{show: one}]}]}`, "spec.rules", "each effect must name a field of the form"},
	{`{fields: [{name: one, type: Info, label: {default: A}}], rules: [{when: "true", effects: [{hide: two}]}]}`, "spec.rules", "each effect must name a field of the form"},
	{`{fields: [{name: one, type: Info, label: {default: A}}], rules: [{when: "true", effects: [{hide: one, show: one}]}]}`, "spec.rules[0].effects[0]", "exactly one of the fields in [show hide require optional] must be set"},
	{`{rules: [{when: "true", effects: []}]}`, "spec.rules[0].effects", "should have at least 1 items"},
	{`{rules: [{when: "", effects: [{show: one}]}]}`, "spec.rules[0].when", "should be at least 1 chars long"},
	{`{routing: {rules: [{when: "true", set: {}}]}}`, "spec.routing.rules[0].set", "must have at least one of priority, tags, mailboxRef"},
	{`{routing: {rules: [{when: "true", set: {priority: Now}}]}}`, "spec.routing.rules[0].set.priority", "supported values"},
	{`{routing: {rules: [{when: "true", set: {tags: [Old Order]}}]}}`, "spec.routing.rules[0].set.tags[0]", "should match"},
	{`{routing: {rules: [{when: "true", set: {mailboxRef: {name: Two Words}}}]}}`, "spec.routing.rules[0].set.mailboxRef.name", "should match"},
}

// A change is what the API server says when an object that it has is changed.
type change struct {
	kind, before, after string
	field, want         string // "" if it is accepted
}

var changes = []change{
	{"Mailbox", `{}`, `{address: help@acme.example}`, "spec.address", "cannot change; declare a new Mailbox"},
	{"Mailbox", `{}`, `{displayName: Acme}`, "", ""},
	{"TicketForm", field(`type: ShortText`), field(`type: LongText`), "spec.fields[0].type", "cannot change; add a field of another name"},
	{"TicketForm", field(`type: ShortText`), `{fields: [{name: two, type: Info, label: {default: A}}, {name: one, type: ShortText, label: {default: A}}]}`, "", ""},
	{"HelpCenter", `{}`, `{host: help.beta.example}`, "", ""},
}
