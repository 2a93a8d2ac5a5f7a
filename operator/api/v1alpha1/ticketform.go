package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config"
)

// TicketForm is what customers fill in to submit a request. It names the help
// centers that offer it. This version of the API is alpha: fields may still change
// from one release to the next.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=tf,categories=postern
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.spec.title.default`
// +kubebuilder:printcolumn:name="Publication",type=string,JSONPath=`.spec.publication`
// +kubebuilder:printcolumn:name="Help Centers",type=string,JSONPath=`.spec.helpCenterRefs[*].name`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`,description="Whether every serving replica has loaded it"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="metadata.name must be 1 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit"
type TicketForm struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what is declared.
	// +required
	Spec config.TicketFormSpec `json:"spec,omitzero"`

	// status is what has become of it; the operator writes it.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1,"conditions":{{"type":"Ready","status":"Unknown","reason":"Pending","message":"waiting for the operator","lastTransitionTime":"1970-01-01T00:00:00Z"}}}
	Status TicketFormStatus `json:"status,omitzero"`
}

// TicketFormStatus is what has become of a form.
type TicketFormStatus struct {
	// observedGeneration is the generation that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// helpCenters says what has become of it at each help center that it names.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=32
	HelpCenters []FormHelpCenter `json:"helpCenters,omitempty"`

	// programmed says how far it has come to the replicas of the daemon.
	// +optional
	Programmed *Programmed `json:"programmed,omitempty"`

	// conditions are Accepted, ResolvedRefs, Programmed and Ready, and while they are
	// true Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// FormHelpCenter says what has become of a form at one help center.
type FormHelpCenter struct {
	// name of the help center.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name"`

	// conditions are Accepted, Programmed and Visible.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// TicketFormList is a list of forms.
//
// +kubebuilder:object:root=true
type TicketFormList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	Items []TicketForm `json:"items"`
}
