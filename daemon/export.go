package main

import (
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/posterndesk/postern/daemon/internal/admin"
)

// runExport writes what is live as manifests. Secrets are named in them and not
// written.
func runExport(ctx context.Context, args []string, out, errs io.Writer) error {
	fs := newFlags("export", "[FLAGS]", errs)
	dir := fs.String("dir", defaultDir(), dirHelp+" of the running daemon")
	account := fs.String("account", "", "`name` of the account (default: all)")
	file := fs.String("o", "", "`file` to write to; what it holds is replaced once all is written (default: standard output)")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q: %w", rest[0], errUsage)
	}
	var manifests admin.Manifests
	if err := admin.NewClient(*dir).Get(ctx, "/manifests?"+url.Values{"account": {*account}}.Encode(), &manifests); err != nil {
		return err
	}
	if manifests.YAML == "" {
		if *account != "" {
			return fmt.Errorf("nothing is live of the account %s", *account)
		}
		return fmt.Errorf("nothing is live")
	}
	if *file == "" {
		_, err = io.WriteString(out, manifests.YAML)
		return err
	}
	if err := writeDurably(*file, []byte(manifests.YAML)); err != nil {
		return fmt.Errorf("write manifests: %w", err)
	}
	return nil
}
