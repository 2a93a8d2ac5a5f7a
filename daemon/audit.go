package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func runAudit(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("audit", "list [FLAGS]", errs)
	q.flags(fs)
	agent := fs.String("agent", "", "`id` of the agent who did it")
	act := fs.String("act", "", "`beginning` of the act, such as agent or contact.erase")
	about := fs.String("about", "", "`subject`, such as ticket/1042, or its kind")
	limit := fs.Int("limit", 100, "`number` of records, the newest first")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0] != "list" {
		return fmt.Errorf("say list: %w", errUsage)
	}
	records := []helpdesk.AuditRecord{}
	path, err := q.path(ctx, "audit")
	if err != nil {
		return err
	}
	for before := int64(0); len(records) < *limit; {
		query := url.Values{"agent": {*agent}, "act": {*act}, "about": {*about}, "before": {strconv.FormatInt(before, 10)}, "limit": {strconv.Itoa(*limit - len(records))}}
		var page actions.AuditPage
		if err := admin.NewClient(q.dir).Get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return err
		}
		records = append(records, page.Records...)
		if before = page.Older; before == 0 {
			break
		}
	}
	return q.print(records, func(w io.Writer) {
		for i := range records {
			printAudit(w, &records[i])
		}
	})
}

func printAudit(w io.Writer, r *helpdesk.AuditRecord) {
	who := "postern"
	switch {
	case r.By.Token != "":
		who = "agent/" + string(r.By.Agent) + " by token/" + r.By.Token
	case r.By.Agent != "":
		who = "agent/" + string(r.By.Agent)
	case r.By.Operator:
		who = "operator"
	}
	var details []string
	for _, name := range slices.Sorted(maps.Keys(r.Details)) {
		if v := r.Details[name]; v != "" {
			details = append(details, name+"="+v)
		}
	}
	fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", r.Seq, r.At.Format(time.RFC3339), who, r.Act, r.Subject, strings.Join(details, " "))
}

// errTampered ends postern verify when something is wrong.
var errTampered = errors.New("the audit log was changed")

// runVerify checks what the daemon that runs holds.
func runVerify(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("verify", "--audit [--head SEQ:HASH]", errs)
	q.flags(fs)
	audit := fs.Bool("audit", false, "check that no record of the audit log was changed or taken out")
	head := fs.String("head", "", "`SEQ:HASH` that was printed before and kept elsewhere: it must still be in the log")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) != 0 || !*audit {
		return fmt.Errorf("say what to verify: --audit: %w", errUsage)
	}
	if _, err := admin.ParseAuditHead(*head); err != nil {
		return fmt.Errorf("--head: %w", err)
	}
	path, err := q.path(ctx, "audit", "check")
	if err != nil {
		return err
	}
	var check actions.AuditCheck
	if err := admin.NewClient(q.dir).Get(ctx, path+"?"+url.Values{"head": {*head}}.Encode(), &check); err != nil {
		return err
	}
	err = q.print(check, func(w io.Writer) {
		if check.Wrong != "" {
			fmt.Fprintf(w, "audit log of %s: %s\n", check.Account, check.Wrong)
			return
		}
		fmt.Fprintf(w, "audit log of %s: %d records, none changed\n", check.Account, check.Records)
		if check.Head.Seq > 0 {
			fmt.Fprintf(w, "head: %d:%s\n", check.Head.Seq, check.Head.Hash)
		}
	})
	if err == nil && check.Wrong != "" {
		return errTampered
	}
	return err
}
