// Package examples holds the sample desk that `postern dev` starts with: a help
// center, two ticket forms and a mailbox, as manifests that also run as they
// are on a server or in a cluster.
package examples

import "embed"

// FS holds acme.yaml in its root.
//
//go:embed acme.yaml
var FS embed.FS
