package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
)

func runContact(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("contact", "show ADDRESS | invite ADDRESS [--help-center NAME] | unblock ADDRESS [FLAGS]", errs)
	q.flags(fs)
	center := fs.String("help-center", "", "`name` of the help center that they shall sign in to, where there are several")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 2 {
		return fmt.Errorf("say show, invite or unblock, and an address: %w", errUsage)
	}
	if *center != "" && rest[0] != "invite" {
		return fmt.Errorf("--help-center is for invite: %w", errUsage)
	}
	switch rest[0] {
	case "show":
		return q.showContact(ctx, rest[1])
	case "invite":
		return q.inviteContact(ctx, rest[1], *center)
	case "unblock":
		return q.unblockContact(ctx, rest[1])
	}
	return fmt.Errorf("say show, invite or unblock, and an address: %w", errUsage)
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
