// Package config is what is declared, and nothing else: the specs of help
// centers, ticket forms and mailboxes, how their manifests are read, what is
// left out means, what is refused and why, and the pure rules that follow from
// a whole set of them.
//
// The daemon reads manifests with [LoadFiles]; the operator wraps the spec
// types into its API kinds, so field names, markers and comments here are the
// public API. Both then take the same steps, and so come to the same answers:
//
//	SetDefaults → Validate → Resolve
//
// A ticket form is compiled once with [Compile]; the resulting [Form] checks
// what a visitor has entered.
package config
