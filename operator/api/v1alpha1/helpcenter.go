package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config"
)

// HelpCenter is a host name with a brand and a portal, where customers submit
// requests and follow them. This version of the API is alpha: fields may still
// change from one release to the next.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=hc,categories=postern
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.url`
// +kubebuilder:printcolumn:name="Forms",type=integer,JSONPath=`.status.publishedForms`,description="Published forms that are connected"
// +kubebuilder:printcolumn:name="Submission",type=string,JSONPath=`.status.conditions[?(@.type=="SubmissionVisible")].status`,description="Whether visitors are shown the way to submit a request"
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`,description="Whether every serving replica has loaded it"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="metadata.name must be 1 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit"
type HelpCenter struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what is declared.
	// +required
	Spec config.HelpCenterSpec `json:"spec,omitzero"`

	// status is what has become of it; the operator writes it.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1,"conditions":{{"type":"Ready","status":"Unknown","reason":"Pending","message":"waiting for the operator","lastTransitionTime":"1970-01-01T00:00:00Z"}}}
	Status HelpCenterStatus `json:"status,omitzero"`
}

// HelpCenterStatus is what has become of a help center.
type HelpCenterStatus struct {
	// observedGeneration is the generation that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// url is where the portal is served.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	URL string `json:"url,omitempty"`

	// connectedForms counts the ticket forms that name this help center, drafts too.
	// +optional
	ConnectedForms *int32 `json:"connectedForms,omitempty"`

	// publishedForms counts those of them that are published.
	// +optional
	PublishedForms *int32 `json:"publishedForms,omitempty"`

	// programmed says how far it has come to the replicas of the daemon.
	// +optional
	Programmed *Programmed `json:"programmed,omitempty"`

	// conditions are Accepted, ResolvedRefs, Programmed, Ready, SubmissionVisible and
	// SignUpApplied, and while they are true Reconciling and Stalled.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// Programmed says how far an object has come to the replicas of the daemon.
type Programmed struct {
	// hash is the identity of what is to be served; empty if nothing is.
	// +optional
	// +kubebuilder:validation:MaxLength=80
	Hash string `json:"hash"`

	// replicas counts the replicas that serve. It is there while not all of them serve
	// exactly that, or none does, so that a replica more or less changes no status.
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`

	// loadedReplicas counts those of them that serve exactly that.
	// +optional
	LoadedReplicas *int32 `json:"loadedReplicas,omitempty"`
}

// HelpCenterList is a list of help centers.
//
// +kubebuilder:object:root=true
type HelpCenterList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	Items []HelpCenter `json:"items"`
}
