package api

import "github.com/posterndesk/postern/daemon/internal/helpdesk"

// with is a list of scopes that an operation takes: all of them.
func with(scopes ...helpdesk.Scope) []helpdesk.Scope { return scopes }

// operations are all there are.
func (h *Handler) operations() []operation {
	read, write := with(helpdesk.ReadTickets), with(helpdesk.WriteTickets)
	contacts, editContacts := with(helpdesk.ReadContacts), with(helpdesk.WriteContacts)
	heldRead, heldWrite := with(helpdesk.ReadHeld), with(helpdesk.WriteHeld)
	access := with(helpdesk.ScopeAccess)
	return []operation{
		{"GET", "/me", "whoAmI", "Access", "Tells for whom the token acts, and what it may do.", nil, nil, gives(h.whoAmI)},

		{"GET", "/tickets", "listTickets", "Requests", "Lists all requests, newest first.", read, paging, gives(h.listTickets)},
		{"GET", "/tickets/{number}", "getTicket", "Requests", "Reads a request with its history.", read, nil, gives(h.getTicket).withETag()},
		{"PATCH", "/tickets/{number}", "changeTicket", "Requests", "Changes what is named of a request.", write, nil, takes(h.change).withETag()},
		{"POST", "/tickets/{number}/replies", "reply", "Requests", "Answers everybody who takes part, by mail.", write, nil, makes(h.reply, writtenOf)},
		{"POST", "/tickets/{number}/notes", "addNote", "Requests", "Writes something that only agents see.", write, nil, makes(h.note, writtenOf)},
		{"POST", "/tickets/{number}/files", "keepFiles", "Requests", "Keeps files for an answer or a note.", write, nil, gives(h.upload).takesFiles()},
		{"POST", "/tickets/{number}/participants", "addParticipant", "Requests", "Has somebody take part.", write, nil, makes(h.addParticipant, writtenOf)},
		{"DELETE", "/tickets/{number}/participants/{participant}", "removeParticipant", "Requests", "Ends that somebody takes part.", write, nil, orders(h.removeParticipant)},
		{"POST", "/tickets/{number}/suggestions/dismiss", "dismissSuggestion", "Requests", "Takes somebody off the suggestions for good.", write, nil, does(h.dismiss)},
		{"POST", "/tickets/{number}/merge", "merge", "Requests", "Has a request go on in another one.", write, nil, does(h.merge)},
		{"POST", "/tickets/{number}/unmerge", "unmerge", "Requests", "Takes a merge back.", write, nil, orders(h.unmerge)},
		{"POST", "/tickets/{number}/unsplit", "unsplit", "Requests", "Takes back that the request was split off, and tells of the one in which it goes on.", write, nil, gives(h.unsplit)},
		{"GET", "/tickets/{number}/entries/{entry}/html", "getHTML", "Requests", "Reads the HTML of a mail, made safe.", read, nil, gives(h.getHTML)},
		{"GET", "/tickets/{number}/entries/{entry}/source", "getSource", "Requests", "Reads a mail as it came.", read, nil, sends(h.getSource)},
		{"GET", "/tickets/{number}/entries/{entry}/files/{file}", "getFile", "Requests", "Reads a file of an entry.", read, nil, sends(h.getFile)},
		{"POST", "/tickets/{number}/entries/{entry}/release", "release", "Requests", "Shows a hidden message to customers.", write, nil, orders(h.release)},
		{"POST", "/tickets/{number}/entries/{entry}/split", "split", "Requests", "Has a message begin a request of its own.", write, nil, takes(h.split)},
		{"POST", "/deliveries/{delivery}/retry", "retryDelivery", "Mail", "Has mail tried at once that waits or was given up.", write, nil, orders(h.retryDelivery)},

		{"GET", "/contacts/{contact}", "getContact", "Contacts", "Reads a contact by its id or by an address.", contacts, nil, gives(h.getContact).withETag()},
		{"GET", "/contacts/{contact}/tickets", "contactTickets", "Contacts", "Lists the newest requests of a contact.", with(helpdesk.ReadContacts, helpdesk.ReadTickets), nil, gives(h.contactTickets)},
		{"POST", "/contacts/{contact}/invite", "inviteContact", "Contacts", "Sends a contact the link by which they choose a password.", editContacts, nil, takes(h.invite)},
		{"POST", "/contacts/lift-spam", "liftSpam", "Contacts", "No longer holds back what an address writes as spam.", editContacts, nil, does(h.liftSpam)},

		{"GET", "/held", "listHeld", "Held mail", "Lists the newest mail that waits for a decision.", heldRead, []parameter{{Name: "decided", Type: "boolean", Words: "Lists what was decided instead."}}, gives(h.listHeld)},
		{"GET", "/held/{held}", "getHeld", "Held mail", "Reads a held mail.", heldRead, nil, gives(h.getHeld)},
		{"POST", "/held/{held}/decision", "decideHeld", "Held mail", "Decides what becomes of it.", heldWrite, nil, takes(h.decideHeld)},
		{"GET", "/held/{held}/source", "getHeldSource", "Held mail", "Reads it as it came.", heldRead, nil, sends(h.getHeldSource)},
		{"GET", "/held/{held}/files/{file}", "getHeldFile", "Held mail", "Reads a file of it.", heldRead, nil, sends(h.getHeldFile)},

		{"GET", "/tokens", "listTokens", "Access", "Lists tokens: all, or those of who asks.", access, nil, gives(h.listTokens)},
		{"POST", "/tokens", "addToken", "Access", "Makes a token.", access, nil, makes(h.addToken, madeTokenOf)},
		{"DELETE", "/tokens/{token}", "endToken", "Access", "Ends a token at once.", access, nil, orders(h.endToken)},
	}
}
