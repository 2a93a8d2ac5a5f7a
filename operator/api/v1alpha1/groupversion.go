package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/posterndesk/postern/config"
)

// GroupVersion of all kinds.
var GroupVersion = schema.GroupVersion{Group: config.Group, Version: config.Version}

// AddToScheme makes the kinds known to a scheme.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion,
		&HelpCenter{}, &HelpCenterList{}, &TicketForm{}, &TicketFormList{}, &Mailbox{}, &MailboxList{})
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}
