package mailauth

import (
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// method names how a claim was found by another server.
type method string

const (
	spfMethod   method = "SPF"
	dkimMethod  method = "DKIM"
	dmarcMethod method = "DMARC"
)

// results is what the server that the operator named found out.
type results struct {
	claims []claim
	path   bool   // it knows the server that the mail came from first
	absent string // why there are none; a sentence
}

// readResults reads the topmost Authentication-Results field, if it is of the
// server that we believe.
//
// That server puts its field above what the mail came with, and removes fields
// that claim to be its own (RFC 8601 section 5). A field of another server above
// it therefore means that it did not write the topmost one, and that what stands
// below may be a stranger's.
func readResults(m Mail, from string) results {
	fields := m.Message.Header.Values("Authentication-Results")
	if m.Results == "" {
		return results{}
	}
	if len(fields) == 0 {
		return results{absent: "It carries no results of the server " + m.Results + "."}
	}
	id, list, err := parseResults(fields[0])
	if err != nil || id != lower(m.Results) {
		return results{absent: "The results on top of it are not of the server " + m.Results + "."}
	}
	var found results
	for _, r := range list {
		found.path = found.path || r.method == "spf" || r.method == "dmarc"
		if cl, ok := readResult(r, from); ok {
			cl.Server = clean(id)
			found.claims = append(found.claims, cl)
		}
	}
	if contradicts(list, "dmarc") || contradicts(list, "spf") {
		return results{path: found.path}
	}
	found.goBy(m.Message.Header.Values("DKIM-Signature"))
	if !slices.ContainsFunc(append(m.Message.To(), m.Message.Cc()...), m.isOurs) {
		found.refuse("No address of ours is among the recipients that the mail shows, so it may be a copy of one that was for others.")
	}
	return found
}

// readResult makes a claim of a result that passed.
func readResult(r methodResult, from string) (claim, bool) {
	if r.result != Pass {
		return claim{}, false
	}
	cl := claim{Result: Result{Result: Pass}}
	switch r.method {
	case "spf":
		sender := r.properties["smtp.mailfrom"]
		cl.method, cl.Identity = spfMethod, "mailfrom"
		cl.Domain = sender[strings.LastIndexByte(sender, '@')+1:]
	case "dkim":
		cl.method, cl.Domain = dkimMethod, r.properties["header.d"]
	case "dmarc":
		cl.method, cl.Domain = dmarcMethod, r.properties["header.from"]
		if lower(cl.Domain) != from {
			return claim{}, false
		}
	}
	cl.Domain = lower(cl.Domain)
	_, err := helpdesk.ParseAddress("postmaster@" + cl.Domain)
	return cl, err == nil && cl.method != ""
}

// contradicts reports several results of a method that has but one.
func contradicts(list []methodResult, name string) bool {
	n := 0
	for _, r := range list {
		if r.method == name {
			n++
		}
	}
	return n > 1
}

// heed takes back what rests on a signature where we have seen that the
// signature proves nothing to us.
func (r *results) heed(ours []claim) {
	for _, cl := range ours {
		if cl.refused != "" && cl.Aligned {
			r.refuse(cl.refused)
		}
	}
}

// refuse takes back all but SPF, which is about the way and not a signature.
func (r *results) refuse(reason string) {
	for i := range r.claims {
		if cl := &r.claims[i]; cl.method != spfMethod && cl.refused == "" {
			cl.refuse(reason)
		}
	}
}

func (c *claim) refuse(reason string) {
	c.refused, c.Result.Result, c.Reason = reason, Policy, clean(reason)
}
