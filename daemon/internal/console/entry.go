package console

import (
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// entry is one item of a history as agents see it.
type entry struct {
	*helpdesk.Entry
	Look    string // customer, agent, note or event: four looks that nobody confuses
	Name    string
	Role    string
	Channel channel
	Unseen  bool   // customers do not see it although it is a message
	Release string // where it is shown to them; "" if they see it
	Files   []file
	Paper   *paper // nil if it did not come as HTML
	Why     why
	Anchor  string
	From    int64  // the request that was merged into this one and that it is an entry of; 0 for none
	Split   string // where it can be split off; "" if it can't
	Forward string // where it can be sent on to an outsider; "" if it can't
	Sent    *sent  // what became of the mails that carried it; nil if none did
}

// file is one attachment.
type file struct {
	*helpdesk.Attachment
	Path string
}

// paper is where the HTML of a mail is shown, and the pictures inside it.
type paper struct {
	Path     string
	Pictures []file
}

// why tells how an entry came to stand where it does.
type why struct {
	Sentences []string
	Rule      string // the row of the decision table
	Reasons   []string
	Evidence  []string
	Faults    []string
	Flags     []string // what to look at twice
	Source    string   // where the mail is as it came; "" if it was none
}

// newEntry shows an entry of the ticket at that address.
func newEntry(ticket string, e *helpdesk.Entry) entry {
	out := entry{Entry: e, Name: e.Author.DisplayName(), Channel: channels[e.Channel], Why: reasons(e), Anchor: anchor(0, e.Seq)}
	out.attach(ticket + "/entries/" + strconv.Itoa(e.Seq))
	switch {
	case e.MovedTo != nil:
		out.Look = "moved"
	case e.Kind == helpdesk.Note:
		out.Look, out.Role = "note", "Note"
	case e.Kind == helpdesk.Event:
		out.Look = "event"
	case e.Author.Role == helpdesk.Customer:
		out.Look, out.Role = "customer", "Customer"
	case e.Author.Role == helpdesk.AgentAs:
		out.Look, out.Role = "agent", "Agent"
	default: // whoever it was, it was said in our name
		out.Look, out.Role = "agent", "Operator"
	}
	if out.Unseen = e.Kind == helpdesk.Message && e.Hidden; out.Unseen {
		out.Release = ticket + "/entries/" + strconv.Itoa(e.Seq) + "/release"
	}
	return out
}

// attach lists what belongs to the entry at that address. Pictures inside the
// HTML are named below it, not twice.
func (e *entry) attach(path string) {
	if e.Raw != "" {
		e.Why.Source = path + "/source"
	}
	if e.HTML && e.Raw != "" {
		e.Paper = &paper{Path: path + "/html"}
	}
	for i := range e.Attachments {
		f := file{Attachment: &e.Attachments[i], Path: path + "/files/" + strconv.Itoa(i+1)}
		if e.Paper != nil && f.Inline && f.ContentID != "" && strings.HasPrefix(f.MediaType, "image/") {
			e.Paper.Pictures = append(e.Paper.Pictures, f)
		} else {
			e.Files = append(e.Files, f)
		}
	}
}

func reasons(e *helpdesk.Entry) why {
	if r := e.Recognised; r != nil {
		proof, found := recognised(r)
		if r.Token == helpdesk.TokenForward && e.FromCustomer() { // the proof is the agent's
			proof = "Nothing proves who wrote it, only which agent passed it on."
		}
		return why{
			Sentences: append([]string{proof}, found...), Rule: r.Rule,
			Reasons: r.Trust.Reasons, Evidence: r.Evidence, Faults: r.Faults, Flags: flags(r),
		}
	}
	switch {
	case e.SignedIn:
		return why{Sentences: []string{"It was written in the portal by somebody who was signed in as the owner of this address."}}
	case e.Channel == helpdesk.ByPortal && e.Kind == helpdesk.Event && e.Author.Role == helpdesk.Customer:
		return why{Sentences: []string{"A customer who was signed in to the portal did this."}}
	case e.Channel == helpdesk.ByPortal && e.Author.Role == helpdesk.AgentAs:
		return why{Sentences: []string{"An agent who was signed in submitted it with a form."}}
	case e.Channel == helpdesk.ByPortal:
		return why{Sentences: []string{"It was submitted with a form. Whoever filled it in proved nothing about the address."}}
	case e.Author.Role == helpdesk.AgentAs && e.Channel == helpdesk.ByMail:
		return why{Sentences: []string{"An agent wrote this by mail."}}
	case e.Author.Role == helpdesk.AgentAs:
		return why{Sentences: []string{"An agent who was signed in did this."}}
	case e.Channel == helpdesk.ByConsole:
		return why{Sentences: []string{"The operator of this machine did this."}}
	}
	return why{Sentences: []string{"Nothing was recorded about how this came in."}}
}

// recognised puts into sentences what was proven about the writer of a mail,
// and what else was found out.
func recognised(r *helpdesk.Recognition) (proof string, found []string) {
	for _, sentence := range []string{tokenWords[r.Token], senderWords[r.Sender], classWords[r.Class]} {
		if sentence != "" {
			found = append(found, sentence)
		}
	}
	return or(proofWords[r.Trust.Proof], proofWords[helpdesk.ProofNone]), found
}

// flags are the sentences that stand on the entry itself, not behind "Why".
func flags(r *helpdesk.Recognition) []string {
	var words []string
	for _, f := range r.Flags {
		words = append(words, or(flagWords[f], string(f)))
	}
	return words
}
