package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func runAgent(ctx context.Context, args []string, out, errs io.Writer) error {
	q := &question{out: out}
	fs := newFlags("agent", "list | add ADDRESS --name NAME | set ADDRESS [FLAGS]", errs)
	q.flags(fs)
	name := fs.String("name", "", "`name` of the new agent")
	mail := fs.String("mail", "", "`which` mails the agent gets: all, mine or none (default: mine)")
	role := fs.String("role", "", "`role` of the agent, by name (default: Admin for the first agent of an account, else Agent)")
	reset := fs.Bool("reset-totp", false, "turn the agent's codes off, for who has lost phone and recovery codes; ends all sessions")
	disable := fs.Bool("disable", false, "the agent may do nothing any more")
	enable := fs.Bool("enable", false, "the agent may work again")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	switch {
	case len(rest) == 1 && rest[0] == "list":
		return q.listAgents(ctx)
	case len(rest) == 2 && rest[0] == "add" && !*disable && !*enable:
		return q.addAgent(ctx, admin.Agent{Name: *name, Address: rest[1], Mail: helpdesk.AgentMail(*mail), Role: *role})
	case len(rest) == 2 && rest[0] == "set":
		change := admin.AgentChange{Mail: *mail, Role: *role, ResetTOTP: *reset}
		if *disable || *enable {
			change.Disabled = disable
		}
		switch {
		case *disable && *enable:
			return fmt.Errorf("--disable and --enable contradict each other: %w", errUsage)
		case *name != "" || change == (admin.AgentChange{}):
			return fmt.Errorf("set takes --role, --mail, --reset-totp, --disable or --enable: %w", errUsage)
		}
		return q.setAgent(ctx, rest[1], change)
	}
	return fmt.Errorf("say list, or add or set and an address: %w", errUsage)
}

func (q *question) listAgents(ctx context.Context) error {
	var agents []admin.Agent
	if err := q.get(ctx, &agents, "agents"); err != nil {
		return err
	}
	return q.print(agents, func(w io.Writer) {
		for _, a := range agents {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.Address, a.Name, agentWords(a), a.Role)
		}
		if !slices.ContainsFunc(agents, func(a admin.Agent) bool { return a.Admin && !a.Disabled && !a.Waiting }) {
			fmt.Fprintln(w, "No admin can sign in here. Make one: postern agent set ADDRESS --role Admin")
		}
	})
}

func agentWords(a admin.Agent) string {
	words := map[helpdesk.AgentMail]string{
		helpdesk.MailAll: "mailed all", helpdesk.MailMine: "mailed own requests", helpdesk.MailNone: "mailed nothing",
	}[a.Mail]
	switch {
	case a.Disabled:
		words = "disabled"
	case a.Waiting:
		words = "has not joined yet"
	}
	return words
}

func (q *question) addAgent(ctx context.Context, in admin.Agent) error {
	path, err := q.path(ctx, "agents")
	if err != nil {
		return err
	}
	var made admin.Agent
	if err := admin.NewClient(q.dir).Post(ctx, path, in, &made); err != nil {
		return err
	}
	return q.print(made, func(w io.Writer) {
		fmt.Fprintf(w, "agent %s added as %s\npassword: %s\n", made.Address, made.Role, made.Password)
	})
}

func (q *question) setAgent(ctx context.Context, address string, in admin.AgentChange) error {
	path, err := q.path(ctx, "agents", address)
	if err != nil {
		return err
	}
	var a admin.Agent
	if err := admin.NewClient(q.dir).Post(ctx, path, in, &a); err != nil {
		return err
	}
	return q.print(a, func(w io.Writer) {
		fmt.Fprintf(w, "agent %s: %s, as %s\n", a.Address, agentWords(a), a.Role)
	})
}
