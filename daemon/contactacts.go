package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/admin"
)

// contactFlags are those of single commands about contacts.
type contactFlags struct {
	center, sure, into, out, show string
	do                            bool
}

// listContacts prints all that are found, page by page.
func (q *question) listContacts(ctx context.Context, words, show string) error {
	path, err := q.path(ctx, "contacts")
	if err != nil {
		return err
	}
	all := admin.ContactList{Contacts: []admin.Contact{}}
	for before := ""; ; {
		var page admin.ContactList
		ask := url.Values{"q": {words}, "show": {show}, "before": {before}}
		if err := admin.NewClient(q.dir).Get(ctx, path+"?"+ask.Encode(), &page); err != nil {
			return err
		}
		all.Contacts, all.Total = append(all.Contacts, page.Contacts...), page.Total
		if before = string(page.Next); before == "" || len(page.Contacts) == 0 {
			break
		}
	}
	return q.print(all.Contacts, func(w io.Writer) {
		for _, c := range all.Contacts {
			var marks []string
			if c.Blocked != nil {
				marks = append(marks, "blocked")
			}
			if c.Deleted != nil {
				marks = append(marks, "deleted")
			}
			if c.SignIn != nil {
				marks = append(marks, "signs in")
			}
			address := ""
			if len(c.Addresses) > 0 {
				address = c.Addresses[0].Address
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.ID, address, c.Name, strings.Join(marks, ", "))
		}
	})
}

// contactDid tells what became of a contact.
var contactDid = map[string]string{
	"block":   "%s is blocked: their mail is held as spam, and nothing answers them\n",
	"delete":  "%s is deleted: they come back when they write, and are erased 14 days from now if they do not\n",
	"restore": "%s is back\n",
	"erase":   "%s is being erased; it goes on by itself\n",
	"merge":   "%s is part of the other contact now\n",
}

func (q *question) actOnContact(ctx context.Context, act, address string, in contactFlags) error {
	switch {
	case act == "erase" && in.sure == "":
		return fmt.Errorf("erasing cannot be undone: say whom once more, with --sure %s: %w", address, errUsage)
	case act == "merge" && in.into == "":
		return fmt.Errorf("say with --into which contact stays: %w", errUsage)
	}
	var done admin.ContactAct
	if err := q.post(ctx, admin.ContactAct{Sure: in.sure, Into: in.into}, &done, "contacts", address, act); err != nil {
		return err
	}
	return q.print(done, func(w io.Writer) { fmt.Fprintf(w, contactDid[act], address) })
}

// exportContacts writes the data of one as a zip, or the table of all as CSV.
func (q *question) exportContacts(ctx context.Context, who []string, out string) error {
	if len(who) > 1 || out == "" {
		return fmt.Errorf("say with --out where to write to, and an address or none: %w", errUsage)
	}
	path, err := q.path(ctx, append(append([]string{"contacts"}, who...), "export")...)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // it is somebody's data
	if err != nil {
		return err
	}
	if err := errors.Join(admin.NewClient(q.dir).Fetch(ctx, path, f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(out))
	}
	return q.print(map[string]string{"file": out}, func(w io.Writer) { fmt.Fprintf(w, "written to %s\n", out) })
}

func (q *question) importContacts(ctx context.Context, file string, do bool) error {
	path, err := q.path(ctx, "contacts", "import")
	if err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	done, err := admin.NewClient(q.dir).ImportContacts(ctx, path, f, do)
	if err != nil {
		return err
	}
	return q.print(done, func(w io.Writer) {
		for _, row := range done.Rows {
			if row.Fate == actions.RowWrong {
				fmt.Fprintf(w, "line %d\t%s\tleft out: %s\n", row.Line, row.Address, row.Why)
			}
		}
		words := "%d new, %d changed, %d as they are, %d left out; nothing is done yet: say --do\n"
		if done.Done {
			words = "%d new, %d changed, %d as they were, %d left out\n"
		}
		fmt.Fprintf(w, words, done.Counts[actions.RowNew], done.Counts[actions.RowChanged], done.Counts[actions.RowSame], done.Counts[actions.RowWrong])
	})
}
