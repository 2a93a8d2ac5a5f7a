package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
)

const contactUsage = "list [WORDS] | show ADDRESS | invite ADDRESS [--help-center NAME] | block ADDRESS | unblock ADDRESS | delete ADDRESS | " +
	"restore ADDRESS | erase ADDRESS --sure ADDRESS | merge ADDRESS --into ADDRESS | export [ADDRESS] --out FILE | import FILE [--do] [FLAGS]"

func runContact(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("contact", contactUsage, errs)
	q.flags(fs)
	var in contactFlags
	fs.StringVar(&in.center, "help-center", "", "`name` of the help center that they shall sign in to, where there are several")
	fs.StringVar(&in.sure, "sure", "", "`address` of whom to erase, once more: it cannot be undone")
	fs.StringVar(&in.into, "into", "", "`address` of the contact that stays")
	fs.StringVar(&in.out, "out", "", "`file` to write to")
	fs.StringVar(&in.show, "show", "", "list those alone who are `blocked` or deleted")
	fs.BoolVar(&in.do, "do", false, "import, instead of telling what would become of each row")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return fmt.Errorf("say what to do with contacts: %w", errUsage)
	}
	what, rest := rest[0], rest[1:]
	if in.center != "" && what != "invite" {
		return fmt.Errorf("--help-center is for invite: %w", errUsage)
	}
	switch what {
	case "list":
		return q.listContacts(ctx, strings.Join(rest, " "), in.show)
	case "export":
		return q.exportContacts(ctx, rest, in.out)
	}
	if len(rest) != 1 {
		return fmt.Errorf("say an address, or the file to import: %w", errUsage)
	}
	switch what {
	case "show":
		return q.showContact(ctx, rest[0])
	case "invite":
		return q.inviteContact(ctx, rest[0], in.center)
	case "unblock":
		return q.unblockContact(ctx, rest[0])
	case "block", "delete", "restore", "erase", "merge":
		return q.actOnContact(ctx, what, rest[0], in)
	case "import":
		return q.importContacts(ctx, rest[0], in.do)
	}
	return fmt.Errorf("contacts know no %q: %w", what, errUsage)
}

func (q *question) unblockContact(ctx context.Context, address string) error {
	person := admin.Person{Address: address}
	if err := q.post(ctx, person, &person, "contacts", "unblock"); err != nil {
		return err
	}
	return q.print(person, func(w io.Writer) { fmt.Fprintf(w, "mail of %s is no longer held as spam\n", person.Address) })
}

func (q *question) showContact(ctx context.Context, address string) error {
	var c admin.Contact
	if err := q.get(ctx, &c, "contacts", address); err != nil {
		return err
	}
	return q.print(c, func(w io.Writer) {
		fmt.Fprintf(w, "Contact\t%s\n", c.ID)
		if c.Name != "" {
			fmt.Fprintf(w, "Name\t%s\n", c.Name)
		}
		for _, a := range c.Addresses {
			words := "not proven"
			if a.Proven != nil {
				words = "proven by " + a.How + ", " + day(*a.Proven)
			}
			fmt.Fprintf(w, "Address\t%s\t%s\n", a.Address, words)
		}
		if c.Blocked != nil {
			fmt.Fprintf(w, "Blocked\tsince %s\n", day(*c.Blocked))
		}
		if c.Deleted != nil {
			fmt.Fprintf(w, "Deleted\t%s; erased 14 days later, unless they write\n", day(*c.Deleted))
		}
		fmt.Fprintf(w, "Sign-in\t%s\n", signInWords(c.SignIn))
		if i := c.Invited; i != nil && c.SignIn == nil {
			words := "does not hold any more"
			if i.Until != nil {
				words = "holds until " + day(*i.Until)
			}
			fmt.Fprintf(w, "Invited\t%s\t%s\n", i.To, words)
		}
	})
}

func signInWords(s *admin.ContactSignIn) string {
	if s == nil {
		return "none"
	}
	words := "since " + day(s.Since)
	if s.Password {
		words += ", with a password"
	}
	for _, issuer := range s.Issuers {
		words += ", with " + issuer
	}
	switch s.Sessions {
	case 0:
		return words + ", signed in nowhere now"
	case 1:
		return words + ", signed in in 1 browser"
	}
	return words + fmt.Sprintf(", signed in in %d browsers", s.Sessions)
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func (q *question) inviteContact(ctx context.Context, address, center string) error {
	var done admin.Invitation
	if err := q.post(ctx, admin.Invitation{HelpCenter: center}, &done, "contacts", address, "invite"); err != nil {
		return err
	}
	return q.print(done, func(w io.Writer) {
		if done.Before {
			fmt.Fprintf(w, "%s was invited a moment ago; the link holds until %s\n", done.To, day(*done.Until))
			return
		}
		fmt.Fprintf(w, "%s gets a mail with a link that holds until %s\n", done.To, day(*done.Until))
	})
}
