package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config"
)

// Mailbox is a support address: how mail comes in to it and how it goes out. This
// version of the API is alpha: fields may still change from one release to the
// next.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=mailboxes,shortName=mbx,categories=postern
// +kubebuilder:printcolumn:name="Address",type=string,JSONPath=`.spec.address`
// +kubebuilder:printcolumn:name="Inbound",type=string,JSONPath=`.spec.inbound.type`
// +kubebuilder:printcolumn:name="Connected",type=string,JSONPath=`.status.conditions[?(@.type=="Connected")].status`,description="Whether the last look into the mailbox went well; only of those that are polled"
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`,description="Whether every serving replica has loaded it"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="metadata.name must be 1 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit"
type Mailbox struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what is declared.
	// +required
	Spec config.MailboxSpec `json:"spec,omitzero"`

	// status is what has become of it; the operator writes it.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1,"conditions":{{"type":"Ready","status":"Unknown","reason":"Pending","message":"waiting for the operator","lastTransitionTime":"1970-01-01T00:00:00Z"}}}
	Status MailboxStatus `json:"status,omitzero"`
}

// MailboxStatus is what has become of a mailbox.
type MailboxStatus struct {
	// observedGeneration is the generation that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// helpCenter names the help center that tickets of this mailbox belong to.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	HelpCenter string `json:"helpCenter,omitempty"`

	// programmed says how far it has come to the replicas of the daemon.
	// +optional
	Programmed *Programmed `json:"programmed,omitempty"`

	// conditions are Accepted, ResolvedRefs, Programmed and Ready, Connected of a
	// mailbox that is polled, and while they are true Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// MailboxList is a list of mailboxes.
//
// +kubebuilder:object:root=true
type MailboxList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	Items []Mailbox `json:"items"`
}
