// Package controller brings accounts from the API server to etcd and back: what is
// declared there, what has become of it here. It looks at one account as a whole,
// as every rule is about several of its objects: which forms a help center shows,
// whose sign-up holds, who has a host name. What follows from what it sees is
// decided in package plan; how it is kept, in package store.
//
// # What it may do
//
// The rights that follow are all it needs of an account: as a ClusterRole, bound
// for the cluster or in each namespace that is looked after.
//
// +kubebuilder:rbac:groups=postern.dev,resources=helpcenters;ticketforms;mailboxes,verbs=get;list;watch
// +kubebuilder:rbac:groups=postern.dev,resources=helpcenters/status;ticketforms/status;mailboxes/status,verbs=get;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
package controller
