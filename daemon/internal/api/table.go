package api

import "github.com/posterndesk/postern/daemon/internal/helpdesk"

// with is a list of scopes that an operation takes: all of them.
func with(scopes ...helpdesk.Scope) []helpdesk.Scope { return scopes }

// operations are all there are.
func (h *Handler) operations() []operation {
	read, write := with(helpdesk.ReadTickets), with(helpdesk.WriteTickets)
	contacts, editContacts := with(helpdesk.ReadContacts), with(helpdesk.WriteContacts)
	heldRead, heldWrite := with(helpdesk.ReadHeld), with(helpdesk.WriteHeld)
	access, desk, people := with(helpdesk.ScopeAccess), with(helpdesk.ScopeDesk), with(helpdesk.ScopePeople)
	return []operation{
		{"GET", "/me", "whoAmI", "Access", "Tells for whom the token acts, and what it may do.", nil, nil, gives(h.whoAmI)},

		{"GET", "/tickets", "listTickets", "Requests", "Lists all requests, newest first.", read, paging, gives(h.listTickets)},
		{"POST", "/tickets", "openTicket", "Requests", "Begins a request for a customer, and mails it to them.", write, nil, makes(h.openTicket, writtenOf)},
		{"GET", "/senders", "listSenders", "Requests", "Lists what a request can begin from.", read, nil, gives(h.senders)},
		{"GET", "/search", "search", "Lists", "Looks for requests by words and filters.", read,
			append([]parameter{{Name: "q", Type: "string", Words: "What is looked for, as on the page of the search."}, {Name: "order", Type: "string", Enum: []string{"best"}, Words: "Newest first, if nothing is said."}}, paging[1]), gives(h.search)},
		{"GET", "/queues", "countQueues", "Lists", "Counts what stands in each list.", read, nil, gives(h.counts)},
		{"GET", "/queues/{queue}", "listQueue", "Lists", "Lists a queue: mine, unassigned, open, pending, mentions, snoozed, done, spam or all.", read, ordered, gives(h.listQueue)},
		{"POST", "/lists", "listFiltered", "Lists", "Lists what a filter lets through.", read, ordered, takes(h.listFiltered)},
		{"GET", "/views", "listViews", "Lists", "Lists saved views: everybody's, and the agent's own.", read, nil, gives(h.listViews)},
		{"POST", "/views", "addView", "Lists", "Saves a view.", write, nil, makes(h.addView, madeThingOf)},
		{"GET", "/views/{view}", "getView", "Lists", "Reads a view.", read, nil, gives(h.getView).withETag()},
		{"PUT", "/views/{view}", "putView", "Lists", "Overwrites a view.", write, nil, takes(h.putView).overwrites()},
		{"DELETE", "/views/{view}", "removeView", "Lists", "Removes a view.", write, nil, removes(h.removeView)},
		{"GET", "/views/{view}/tickets", "listView", "Lists", "Lists what stands in a view.", read, ordered, gives(h.listView)},
		{"POST", "/bulk", "changeMany", "Lists", "Changes up to 200 requests, and tells what became of each.", write, nil, takes(h.changeMany)},
		{"POST", "/bulk/{undo}/undo", "undoMany", "Lists", "Takes back what is still as it was changed.", write, nil, gives(h.undoMany)},
		{"GET", "/failed", "listFailed", "Mail", "Lists mail that was given up.", read, paging[1:], gives(h.listFailed)},

		{"GET", "/tickets/{number}", "getTicket", "Requests", "Reads a request with its history.", read, nil, gives(h.getTicket).withETag()},
		{"PATCH", "/tickets/{number}", "changeTicket", "Requests", "Changes what is named of a request.", write, nil, takes(h.change).withETag()},
		{"POST", "/tickets/{number}/replies", "reply", "Requests", "Answers everybody who takes part, by mail.", write, nil, makes(h.reply, writtenOf)},
		{"POST", "/tickets/{number}/notes", "addNote", "Requests", "Writes something that only agents see.", write, nil, makes(h.note, writtenOf)},
		{"POST", "/tickets/{number}/files", "keepFiles", "Requests", "Keeps files for an answer or a note.", write, nil, gives(h.upload).takesFiles()},
		{"POST", "/tickets/{number}/participants", "addParticipant", "Requests", "Has somebody take part.", write, nil, makes(h.addParticipant, writtenOf)},
		{"DELETE", "/tickets/{number}/participants/{participant}", "removeParticipant", "Requests", "Ends that somebody takes part.", write, nil, orders(h.removeParticipant)},
		{"POST", "/tickets/{number}/suggestions/dismiss", "dismissSuggestion", "Requests", "Takes somebody off the suggestions for good.", write, nil, does(h.dismiss)},
		{"POST", "/tickets/{number}/sides", "openSide", "Requests", "Begins a side thread with somebody outside.", write, nil, makes(h.openSide, writtenOf)},
		{"PUT", "/tickets/{number}/watchers/{agent}", "watch", "Requests", "Has an agent follow it; “me” is the token's.", write, nil, orders(onTicket(h.watch))},
		{"DELETE", "/tickets/{number}/watchers/{agent}", "unwatch", "Requests", "Ends that an agent follows it.", write, nil, orders(onTicket(h.unwatch))},
		{"GET", "/tickets/{number}/draft", "getDraft", "Requests", "Reads what the agent has begun to write.", read, nil, gives(h.getDraft).withETag()},
		{"PUT", "/tickets/{number}/draft", "putDraft", "Requests", "Keeps what the agent has begun to write.", write, nil, takes(h.putDraft).overwrites()},
		{"GET", "/tickets/{number}/glance", "glance", "Requests", "Tells who else is in front of it, and whether it is as it was.", read, nil, gives(h.glance)},
		{"PUT", "/tickets/{number}/presence", "beThere", "Requests", "Says for 30 seconds that the agent is in front of it.", write, nil, does(h.beThere)},
		{"DELETE", "/tickets/{number}/presence", "beGone", "Requests", "Says that the agent is not any more.", write, nil, orders(onTicket(h.beGone))},
		{"PUT", "/tickets/{number}/seen", "markSeen", "Requests", "Says up to where the agent has read.", write, nil, does(h.markSeen)},
		{"DELETE", "/tickets/{number}/seen", "markUnread", "Requests", "Has it be unread again.", write, nil, orders(onTicket(h.markUnread))},
		{"DELETE", "/tickets/{number}/mention", "lookedAt", "Requests", "Says that the agent has looked, whom a note had called.", write, nil, orders(onTicket(h.lookedAt))},
		{"POST", "/tickets/{number}/merge", "merge", "Requests", "Has a request go on in another one.", write, nil, does(h.merge)},
		{"POST", "/tickets/{number}/unmerge", "unmerge", "Requests", "Takes a merge back.", write, nil, orders(h.unmerge)},
		{"POST", "/tickets/{number}/unsplit", "unsplit", "Requests", "Takes back that the request was split off, and tells of the one in which it goes on.", write, nil, gives(h.unsplit)},
		{"GET", "/tickets/{number}/entries/{entry}/html", "getHTML", "Requests", "Reads the HTML of a mail, made safe.", read, nil, gives(h.getHTML)},
		{"GET", "/tickets/{number}/entries/{entry}/source", "getSource", "Requests", "Reads a mail as it came.", read, nil, sends(h.getSource)},
		{"GET", "/tickets/{number}/entries/{entry}/files/{file}", "getFile", "Requests", "Reads a file of an entry.", read, nil, sends(h.getFile)},
		{"POST", "/tickets/{number}/entries/{entry}/release", "release", "Requests", "Shows a hidden message to customers.", write, nil, orders(h.release)},
		{"POST", "/tickets/{number}/entries/{entry}/split", "split", "Requests", "Has a message begin a request of its own.", write, nil, takes(h.split)},
		{"POST", "/deliveries/{delivery}/retry", "retryDelivery", "Mail", "Has mail tried at once that waits or was given up.", write, nil, orders(h.retryDelivery)},

		{"POST", "/contacts", "addContact", "Contacts", "Writes a person down.", editContacts, nil, makes(h.addContact, madeContactOf)},
		{"PATCH", "/contacts/{contact}", "editContact", "Contacts", "Changes name and fields.", editContacts, nil, takes(h.editContact).overwrites()},
		{"POST", "/contacts/{contact}/addresses", "addAddress", "Contacts", "Adds an address.", editContacts, nil, does(h.addAddress)},
		{"DELETE", "/contacts/{contact}/addresses/{address}", "removeAddress", "Contacts", "Takes an address away.", editContacts, nil, orders(h.removeAddress)},
		{"POST", "/contacts/{contact}/sign-out", "signOutContact", "Contacts", "Ends all of their sessions.", editContacts, nil, orders(h.signOutContact)},
		{"POST", "/contacts/{contact}/block", "blockContact", "Contacts", "Has all that they write be spam.", editContacts, nil, orders(h.blockContact)},
		{"POST", "/contacts/{contact}/unblock", "unblockContact", "Contacts", "Takes that back.", editContacts, nil, orders(h.unblockContact)},
		{"GET", "/contacts/{contact}", "getContact", "Contacts", "Reads a contact by its id or by an address.", contacts, nil, gives(h.getContact).withETag()},
		{"GET", "/contacts/{contact}/tickets", "contactTickets", "Contacts", "Lists the newest requests of a contact.", with(helpdesk.ReadContacts, helpdesk.ReadTickets), nil, gives(h.contactTickets)},
		{"POST", "/contacts/{contact}/invite", "inviteContact", "Contacts", "Sends a contact the link by which they choose a password.", editContacts, nil, takes(h.invite)},
		{"POST", "/contacts/lift-spam", "liftSpam", "Contacts", "No longer holds back what an address writes as spam.", editContacts, nil, does(h.liftSpam)},

		{"GET", "/held", "listHeld", "Held mail", "Lists the newest mail that waits for a decision.", heldRead, []parameter{{Name: "decided", Type: "boolean", Words: "Lists what was decided instead."}}, gives(h.listHeld)},
		{"GET", "/held/{held}", "getHeld", "Held mail", "Reads a held mail.", heldRead, nil, gives(h.getHeld)},
		{"POST", "/held/{held}/decision", "decideHeld", "Held mail", "Decides what becomes of it.", heldWrite, nil, takes(h.decideHeld)},
		{"GET", "/held/{held}/source", "getHeldSource", "Held mail", "Reads it as it came.", heldRead, nil, sends(h.getHeldSource)},
		{"GET", "/held/{held}/files/{file}", "getHeldFile", "Held mail", "Reads a file of it.", heldRead, nil, sends(h.getHeldFile)},

		{"GET", "/settings", "getSettings", "Desk", "Reads names of statuses and the account's own fields.", read, nil, gives(h.getSettings).withETag()},
		{"PUT", "/settings", "putSettings", "Desk", "Overwrites them.", desk, nil, takes(h.putSettings).overwrites()},
		{"GET", "/canned", "listCanned", "Desk", "Lists canned replies: everybody's, and the agent's own.", read, nil, gives(h.listCanned)},
		{"POST", "/canned", "addCanned", "Desk", "Writes a canned reply.", write, nil, makes(h.addCanned, madeThingOf)},
		{"GET", "/canned/{reply}", "getCanned", "Desk", "Reads a canned reply.", read, nil, gives(h.getCanned).withETag()},
		{"PUT", "/canned/{reply}", "putCanned", "Desk", "Overwrites a canned reply.", write, nil, takes(h.putCanned).overwrites()},
		{"DELETE", "/canned/{reply}", "removeCanned", "Desk", "Removes a canned reply.", write, nil, removes(h.removeCanned)},
		{"GET", "/tickets/{number}/canned/{reply}", "fillCanned", "Desk", "Fills in a canned reply for a request.", read, nil, gives(h.fillCanned)},

		{"GET", "/agents", "listAgents", "People", "Lists agents.", read, nil, gives(h.listAgents)},
		{"PATCH", "/agents/{agent}", "changeAgent", "People", "Changes an agent, or ends what they have.", people, nil, takes(h.changeAgent).overwrites()},
		{"GET", "/teams", "listTeams", "People", "Lists teams.", read, nil, gives(h.listTeams)},
		{"POST", "/teams", "addTeam", "People", "Makes a team.", people, nil, makes(h.addTeam, madeThingOf)},
		{"PUT", "/teams/{team}", "putTeam", "People", "Overwrites a team.", people, nil, does(h.putTeam).matches()},
		{"DELETE", "/teams/{team}", "removeTeam", "People", "Removes a team.", people, nil, removes(h.removeTeam)},
		{"GET", "/roles", "listRoles", "People", "Lists roles.", read, nil, gives(h.listRoles)},
		{"POST", "/roles", "addRole", "People", "Makes a role.", people, nil, makes(h.addRole, madeThingOf)},
		{"PUT", "/roles/{role}", "putRole", "People", "Overwrites a role.", people, nil, does(h.putRole).matches()},
		{"DELETE", "/roles/{role}", "removeRole", "People", "Removes a role.", people, nil, removes(h.removeRole)},

		{"GET", "/tokens", "listTokens", "Access", "Lists tokens: all, or those of who asks.", access, nil, gives(h.listTokens)},
		{"POST", "/tokens", "addToken", "Access", "Makes a token.", access, nil, makes(h.addToken, madeTokenOf)},
		{"DELETE", "/tokens/{token}", "endToken", "Access", "Ends a token at once.", access, nil, orders(h.endToken)},
		{"GET", "/hooks", "listHooks", "Access", "Lists programs that are told what happens.", access, nil, gives(h.listHooks)},
		{"POST", "/hooks", "addHook", "Access", "Has a program be told.", access, nil, makes(h.addHook, madeTokenOf)},
		{"GET", "/hooks/{hook}", "getHook", "Access", "Reads a hook.", access, nil, gives(h.getHook).withETag()},
		{"PUT", "/hooks/{hook}", "putHook", "Access", "Overwrites a hook, stops it, or starts it anew.", access, nil, takes(h.putHook).overwrites()},
		{"DELETE", "/hooks/{hook}", "removeHook", "Access", "Removes a hook with all that waits for it.", access, nil, orders(h.removeHook)},
		{"POST", "/hooks/{hook}/secret", "rollHook", "Access", "Gives a hook another secret.", access, nil, gives(h.rollHook)},
		{"POST", "/hooks/{hook}/ping", "pingHook", "Access", "Has a hook told that somebody tries it.", access, nil, orders(h.pingHook)},
		{"GET", "/hooks/{hook}/posts", "listPosts", "Access", "Lists what a hook was told, newest first.", access, paging[1:], gives(h.listPosts)},
		{"POST", "/hooks/{hook}/posts/{post}/again", "redeliver", "Access", "Has a post sent again.", access, nil, orders(h.redeliver)},
	}
}
