package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

func text(s string) config.LocalizedText { return config.LocalizedText{Default: s} }

func named(account, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: account, Name: name}
}

// aHelpCenter is one with a portal that is on.
func aHelpCenter(account, name, host string) *v1alpha1.HelpCenter {
	h := &v1alpha1.HelpCenter{ObjectMeta: named(account, name)}
	h.Spec.DisplayName, h.Spec.Host = "Acme Help", host
	h.Spec.MailboxRef.Name = "support"
	h.Spec.Portal.TicketSubmission = config.SubmissionEnabled
	h.Spec.Portal.Submit, h.Spec.Portal.View = config.SubmitAnyone, config.ViewAnyoneWithLink
	return h
}

// aForm is one that is published at help centers.
func aForm(account, name string, helpCenters ...string) *v1alpha1.TicketForm {
	f := &v1alpha1.TicketForm{ObjectMeta: named(account, name)}
	f.Spec.Title, f.Spec.Publication = text("Billing question"), config.Published
	for _, h := range helpCenters {
		f.Spec.HelpCenterRefs = append(f.Spec.HelpCenterRefs, config.LocalReference{Name: h})
	}
	label := text("Order number")
	f.Spec.Fields = []config.Field{{Name: "order", Type: config.ShortText, Label: &label, Requirement: config.Optional}}
	return f
}

// aMailbox is one that is handed its mail.
func aMailbox(account, name, address string) *v1alpha1.Mailbox {
	m := &v1alpha1.Mailbox{ObjectMeta: named(account, name)}
	m.Spec.Address, m.Spec.DisplayName = address, "Acme Support"
	m.Spec.Inbound.Type = config.InboundSMTP
	return m
}
