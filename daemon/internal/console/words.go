package console

import "github.com/posterndesk/postern/daemon/internal/helpdesk"

// channel is a way in, in words and as a picture.
type channel struct{ Label, Icon string }

var channels = map[helpdesk.Channel]channel{
	helpdesk.ByMail:    {"By mail", "mail"},
	helpdesk.ByPortal:  {"By form", "form"},
	helpdesk.ByConsole: {"In the console", "desk"},
	helpdesk.ByImport:  {"From an archive", "mail"},
}

// What was found out about a mail, one sentence each.
var (
	proofWords = map[helpdesk.Proof]string{
		helpdesk.ProofPass: "Who wrote it is proven.",
		helpdesk.ProofNone: "Nothing proves who wrote it.",
		helpdesk.ProofFail: "The sender's domain says how its mail is proven, and this mail does not meet it.",

		helpdesk.ProofImported: "It was imported; nothing proves who wrote it but the archive.",
	}
	tokenWords = map[helpdesk.Token]string{
		helpdesk.TokenOwn:     "It came to a reply address that was issued to this sender.",
		helpdesk.TokenOther:   "It came to a reply address that was issued to another participant.",
		helpdesk.TokenMessage: "It answers a mail that we sent: it names our signed Message-ID.",
		helpdesk.TokenKnown:   "It answers a mail that was taken in before.",
		helpdesk.TokenSubject: "The number of the request stands in its subject.",
		helpdesk.TokenSibling: "It names a mail that never came here, and that a mail of the request names too. That is weak evidence.",
		helpdesk.TokenNone:    "It leads to no request that it may join.",

		helpdesk.TokenAgentReply: "It came to the address for answers that was issued to this agent.",
		helpdesk.TokenAgentNote:  "It came to the address for notes that was issued to this agent.",
		helpdesk.TokenAgentOther: "It came to an address that was issued to an agent, and not to this sender.",
		helpdesk.TokenForward:    "An agent passed on the mail of a customer.",
	}
	senderWords = map[helpdesk.Sender]string{
		helpdesk.SenderParticipant: "The sender takes part in the request.",
		helpdesk.SenderCopied:      "The sender was copied on a mail of the request, and takes no part in it.",
		helpdesk.SenderStranger:    "The sender takes no part in a request that it names.",
		helpdesk.SenderAgent:       "The address belongs to an agent.",
		helpdesk.SenderNobody:      "It does not say clearly who wrote it.",
	}
	classWords = map[helpdesk.Class]string{
		helpdesk.ClassMessage:     "It is a mail from a person.",
		helpdesk.ClassAutomatic:   "A program sent it, not a person.",
		helpdesk.ClassAutoReply:   "It is an automatic answer.",
		helpdesk.ClassOutOfOffice: "It is an automatic answer of somebody who is away.",
		helpdesk.ClassBounce:      "It is a report about a delivery.",
		helpdesk.ClassDelay:       "It is a report that a delivery is delayed.",
		helpdesk.ClassDelivered:   "It is a report that a mail was delivered.",
		helpdesk.ClassComplaint:   "It is a report that a recipient called a mail unwanted.",
		helpdesk.ClassReadReceipt: "It is a receipt for a mail.",
	}
)

// causeWords say why a mail was held back.
var causeWords = map[helpdesk.Cause]string{
	helpdesk.NoSender:        "It does not say clearly who wrote it.",
	helpdesk.NotParticipant:  "The writer is proven, but takes no part in the request that it answers.",
	helpdesk.UnprovenSender:  "Nothing proves who wrote it.",
	helpdesk.AgentUnproven:   "It says that it comes from an agent, and nothing proves that.",
	helpdesk.UnmatchedReport: "It is a delivery report for nothing that we sent.",
	helpdesk.NotInvited:      "The mailbox lets this writer open no request.",
	helpdesk.TwoTickets:      "It was sent to reply addresses of different requests.",
	helpdesk.TooMany:         "The address has written more within an hour than the mailbox takes.",
	helpdesk.CalledSpam:      "An agent called earlier mail of this address spam.",
	helpdesk.FromBlocked:     "An agent blocked the contact whose address it is.",
	helpdesk.Oversized:       "It is larger than the mailbox takes. Only its header is here.",
	helpdesk.GoesRound:       "It went through too many servers: it goes round in a loop.",
	helpdesk.Unfetchable:     "It lies at the mail server, and could not be fetched or taken in.",
}

// flagWords ask an agent to look twice.
var flagWords = map[helpdesk.Flag]string{
	helpdesk.SameMessageID: "Another mail bears the same Message-ID and says something else. One of them may have been sent to displace the other.",
	helpdesk.OtherSubject:  "It came under another subject. If it is another matter, split it off.",
	helpdesk.LowConfidence: "It may belong elsewhere: nothing but a mail that never came here joins it to this request.",
}

var purposeWords = map[helpdesk.Purpose]string{
	helpdesk.Acknowledgement: "Acknowledgement",
	helpdesk.Confirmation:    "Confirmation",
	helpdesk.AgentReply:      "Reply",
	helpdesk.Update:          "Update",
	helpdesk.Joined:          "Told that they were added",
	helpdesk.Added:           "Told that a customer added them",
	helpdesk.StatusChanged:   "Told of another status",
	helpdesk.Opened:          "Told that a request was opened for them",
	helpdesk.PeopleChanged:   "Told who was added",
	helpdesk.NewLink:         "New link",
	helpdesk.AgentNotice:     "Notice to an agent",
	helpdesk.CommandReceipt:  "Receipt to an agent",
	helpdesk.MentionMail:     "Told of a note that names them",
}

// reportWords of a copy that was sent, after what came back about it.
var reportWords = map[helpdesk.Class]string{
	helpdesk.ClassDelay:       "Sent, delayed on its way",
	helpdesk.ClassDelivered:   "Delivered",
	helpdesk.ClassComplaint:   "Called unwanted",
	helpdesk.ClassReadReceipt: "Opened",
}

// stateWords of a delivery; one that was tried in vain and waits has its own.
var stateWords = map[helpdesk.DeliveryState]string{
	helpdesk.Queued:    "Waiting to be sent",
	helpdesk.Sent:      "Sent",
	helpdesk.Bounced:   "Came back",
	helpdesk.Failed:    "Given up",
	helpdesk.Withdrawn: "Withdrawn",
}

// doneWords are what an agent reads after an act. The address holds the key
// alone, so that nobody can make the page say something else.
var doneWords = map[string]string{
	"reply": "Your reply is saved and on its way.",
	"note":  "Your note is saved.",
	"retry": "The mail is tried again now.",

	statusAct: "The status is changed.", statusAct + overSuffix: "The status is changed. Somebody else had changed it since you saw it; the history says who.",
	assignAct: "Who works on it is saved.", assignAct + overSuffix: "Who works on it is saved. Somebody else had given it away since you saw it; the history says who.",
	teamAct: "The team is saved.", teamAct + overSuffix: "The team is saved. Somebody else had changed it since you saw it; the history says who.",
	priorityAct: "The priority is changed.", priorityAct + overSuffix: "The priority is changed. Somebody else had changed it since you saw it; the history says who.",
	tagsAct:       "The tags are saved.",
	subjectAct:    "The subject is changed.",
	fieldsAct:     "The fields are saved.",
	snoozeAct:     "The request is out of sight until then, or until a customer writes.",
	"awake":       "The request is back.",
	"called-spam": "The request is spam. What its requester writes is held from now on.",
	"not-spam":    "The request is no spam any more.",
	followAct:     "Whoever follows a request is mailed what customers write in it.",
	unfollowAct:   "They are not mailed what customers write here any more.",

	"view":         "The view is saved.",
	"view-removed": "The view is gone.",

	"release": "Customers see the message now.",
	"add":     "They take part from now on.",
	"remove":  "They take no part any more.",
	"dismiss": "They are not suggested again.",

	string(helpdesk.AcceptOnce):      "The mail is in the request now.",
	string(helpdesk.AddCollaborator): "The mail is in the request, and its writer takes part from now on.",
	string(helpdesk.NewTicket):       "The mail is a request of its own now.",
	string(helpdesk.Spam):            "The mail was called spam. What comes from its address is held from now on.",
	string(helpdesk.Drop):            "The mail was dropped.",
	"lift":                           "Mail of the address is no longer held as spam.",
	mergeAct:                         "The requests are merged: both go on here.",
	unmergeAct:                       "The merge is undone.",
	splitAct:                         "The message is a request of its own now.",
	unsplitAct:                       "The message is back, and so is what was written to its request.",
}
