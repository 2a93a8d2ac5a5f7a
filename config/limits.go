package config

// Limits of manifests as files.
const (
	// MaxDocument is the size of one manifest in bytes, as canonical JSON. Two of
	// them and their claims fit one etcd request of 1.5 MiB.
	MaxDocument = 512 << 10

	// MaxFile is the size of one file of manifests in bytes: room for a few dozen
	// big manifests, and an end for a file that is something else.
	MaxFile = 8 << 20

	// maxDepth is how deep YAML may nest. The deepest field stands at depth 10.
	maxDepth = 32

	// maxProblems is how many problems of one file are told. Nobody reads more.
	maxProblems = 200
)

// Limits of names and short strings, in characters.
const (
	maxName       = 63  // DNS-1123 label; a name is part of etcd keys and of URLs
	maxSecretName = 253 // DNS-1123 subdomain
	maxHost       = 253 // RFC 1035 section 2.3.4, without the final dot
	maxAddress    = 254 // RFC 5321 section 4.5.3.1.3, without the angle brackets
	maxSelector   = 63  // one DNS label holds any name that people give
	maxLocalPart  = 64  // RFC 5321 section 4.5.3.1.1
	maxURL        = 2048
	maxLocale     = 16 // zh-Hant-TW has 10
	maxClientID   = 255
	maxScope      = 255
	maxFolder     = 200
	maxMediaType  = 127 // RFC 6838 section 4.2 has 127 for each half
	maxExtension  = 16
	maxInitial    = 1000
	maxBound      = 32 // min and max of a field as written
	maxVersion    = 63
	maxPattern    = 512  // the longest useful address pattern has about 250
	maxExpression = 1024 // four lines of conditions
)

// Limits of texts that people read, in characters.
const (
	maxLabel = 200  // fits two lines on a phone
	maxText  = 2000 // a screen of text
)

// Limits of what visitors enter, in characters.
const (
	// MaxSubject and MaxMessage hold for the two inputs every form page has.
	MaxSubject = 200
	MaxMessage = 20_000

	defaultShortText = 200
	maxShortText     = 1000
	defaultLongText  = 5000
	maxLongText      = 20_000
	maxPhone         = 40
	maxDigits        = 15 // decimal digits a float64 holds without loss
	maxDecimals      = 6
	maxFileReference = 200
)

// Limits of lists. A form of all of them is beyond MaxDocument; each keeps its
// own page usable.
const (
	maxLocales        = 32
	maxMethods        = 3
	maxProviders      = 8
	maxAgentScopes    = 8
	maxGroups         = 32
	maxRole           = 40 // of a role's name in the console
	maxStatusLabels   = 4
	maxHelpCenterRefs = 16
	maxFields         = 64
	maxOptions        = 200 // beyond it people need a search, not a list
	maxRules          = 32
	maxEffects        = 16
	maxRoutingRules   = 32
	maxTags           = 16
	maxFileTypes      = 32
	maxExtensions     = 64
	maxScopes         = 16
	maxDKIM           = 4  // RSA and Ed25519, each with its successor while keys change
	maxAliases        = 32 // old names of one desk, and one for each product
	maxFiles          = 20
	maxTreeDepth      = 5
	maxTrustDomains   = 100
)

// Limits of numbers.
const (
	maxLinkDays    = 365
	maxOrder       = 1000
	maxMessageMiB  = 150 // the largest limit among big mail services
	maxFileMiB     = 100 // 137 MiB in base64, below maxMessageMiB
	maxPort        = 65535
	minPollSeconds = 5 // faster is a load on the server and no gain to a person
	maxPollSeconds = 3600

	maxMailsPerHour = 100_000 // no person and no program writes more
)

// maxRuleCost ends a CEL expression that runs away. A plain comparison costs
// less than 10; a regular expression over the longest text about 20,000. At the
// limit evaluation has taken about 10 ms.
const maxRuleCost = 100_000
