// Package v1alpha1 is the API that platform teams declare portals with: the kinds
// HelpCenter, TicketForm and Mailbox of the group postern.dev, and the words of
// their status. What stands in a spec is declared in package config, which the
// daemon shares.
//
// Of an alpha version, fields may change from one release to the next; the
// changelog says how to get over it.
//
// +kubebuilder:object:generate=true
// +groupName=postern.dev
package v1alpha1
