// Command postern-operator makes what is declared as HelpCenter, TicketForm and
// Mailbox in Kubernetes what the daemon serves, and tells there what has become of
// it. The two speak through etcd; see package config/wire.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/posterndesk/postern/operator/internal/controller"
)

// version is set when a release is built.
var version = "dev"

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // the command line is wrong
	exitFenced = 3 // another operator writes for this installation now
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute is the program but for the process: it ends with ctx.
func execute(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parse(args, errs)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		fmt.Fprintln(errs, "postern-operator:", err)
		return exitUsage
	case o.version:
		fmt.Fprintln(out, "postern-operator", version)
		return exitOK
	}
	log := slog.New(slog.NewJSONHandler(errs, nil))
	err = run(ctx, o, log)
	switch {
	case err == nil:
		log.Info("ended")
		return exitOK
	case errors.Is(err, controller.ErrFenced):
		log.Error("another operator has taken over this installation; only one may run, or several with --leader-elect", "installation", o.installation, "err", err)
		return exitFenced
	default:
		log.Error("cannot go on", "err", err)
		return exitFailed
	}
}
