package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/admin"
)

// centers tells what has become of the help centers of an account.
func (d *daemon) centers(_ context.Context, account string) ([]admin.Center, error) {
	var all []admin.Center
	loading := d.live.Loading()
	for _, s := range d.live.Statuses() {
		if s.Account != account {
			continue
		}
		told := admin.Center{
			Account: account, Name: s.Name, Host: s.Host, URL: s.URL, Revision: s.Revision, Portal: s.PortalOn,
			Held: ruled(s.Holds), SignUp: ruled(s.SignUp), Forms: []admin.CenterForm{}, Drafts: s.Drafts, Loaded: loading.At, Refused: loading.Refused,
			Submission: ruled(config.Ruling{OK: s.Submission.Visible, Reason: s.Submission.Reason, Message: s.Submission.Message}),
		}
		for _, f := range s.Forms {
			told.Forms = append(told.Forms, admin.CenterForm(f))
		}
		all = append(all, told)
	}
	return all, nil
}

// configuration tells how what is declared is served.
func (d *daemon) configuration() admin.Configuration {
	told := d.live.Loading()
	c := admin.Configuration{Source: told.Source, Loaded: told.At, Refused: told.Refused, Objects: []admin.RefusedObject{}}
	for _, o := range told.Objects {
		c.Objects = append(c.Objects, admin.RefusedObject(o))
	}
	return c
}

func ruled(r config.Ruling) admin.Ruling {
	return admin.Ruling{OK: r.OK, Reason: string(r.Reason), Message: r.Message}
}

func runCenter(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("center", "list [FLAGS]", errs)
	q.flags(fs)
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "list" {
		return fmt.Errorf("say list: %w", errUsage)
	}
	centers := []admin.Center{}
	if err := q.get(ctx, &centers, "centers"); err != nil {
		return err
	}
	var loaded admin.Configuration
	if err := admin.NewClient(q.dir).Get(ctx, "/configuration", &loaded); err != nil {
		return err
	}
	return q.print(centers, func(w io.Writer) {
		fmt.Fprintf(w, "Declared in\t%s, loaded at %s\n", loaded.Source, loaded.Loaded.Local().Format(time.DateTime))
		tellRefused(w, loaded, q.account)
		for _, c := range centers {
			tellCenter(w, c)
		}
	})
}

// tellRefused tells what is not served as it is declared, of one account or of all
// with "".
func tellRefused(w io.Writer, c admin.Configuration, account string) {
	if c.Refused != "" {
		fmt.Fprintf(w, "The manifests as they are now are refused; what was loaded at %s stays:\n%s\n\n", c.Loaded.Local().Format(time.DateTime), c.Refused)
	}
	for _, o := range c.Objects {
		if account != "" && o.Account != account {
			continue
		}
		instead := "nothing is served in its place"
		if o.Serving {
			instead = "the last good one is served"
		}
		fmt.Fprintf(w, "Refused\t%s of %s, %s: %s\n", o.Object, o.Account, instead, o.Error)
	}
}

// tellCenter tells of one in a few lines.
func tellCenter(w io.Writer, c admin.Center) {
	where := c.URL
	if where == "" {
		where = "not served: " + c.Held.Message
	}
	fmt.Fprintf(w, "%s\t%s\n", c.Name, where)
	fmt.Fprintf(w, "\trevision\t%s, loaded at %s\n", short(c.Revision), c.Loaded.Local().Format(time.DateTime))
	fmt.Fprintf(w, "\tportal\t%s\n", map[bool]string{true: "on", false: "off"}[c.Portal])
	fmt.Fprintf(w, "\tsubmitting\t%s (%s): %s\n", map[bool]string{true: "live", false: "hidden"}[c.Submission.OK], c.Submission.Reason, c.Submission.Message)
	for _, f := range c.Forms {
		fmt.Fprintf(w, "\tform\t%s, revision %s\n", f.Name, short(f.Revision))
	}
	if c.Drafts > 0 {
		fmt.Fprintf(w, "\tdrafts\t%d\n", c.Drafts)
	}
	sign := "holds"
	if !c.SignUp.OK {
		sign = "does not hold"
	}
	fmt.Fprintf(w, "\tsign-up\t%s (%s)%s\n", sign, c.SignUp.Reason, strings.TrimSuffix(": "+c.SignUp.Message, ": "))
}

// short is enough of a hash to tell two apart.
func short(revision string) string {
	const enough = len("sha256:") + 12
	return revision[:min(len(revision), enough)]
}
