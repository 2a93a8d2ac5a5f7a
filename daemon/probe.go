package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"time"
)

// What a probe of an address may take, and after which time it is tried again.
const (
	probeTimeout = 5 * time.Second
	probeAgain   = time.Second
)

// runProbe asks addresses whether somebody answers there, as others would. It needs no
// daemon beside it: "helm test" runs it in a pod of its own.
func runProbe(ctx context.Context, args []string, out, errs io.Writer) error {
	fs := newFlags("probe", "URL… [FLAGS]", errs)
	wait := fs.Duration("wait", time.Minute, "`time` to wait for all of them to answer")
	urls, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(urls) == 0 {
		return fmt.Errorf("name what to ask, such as smtp://mx.acme.example:25 or https://help.acme.example/: %w", errUsage)
	}
	probes := make([]func(context.Context) error, len(urls))
	for i, u := range urls {
		if probes[i], err = probeOf(u); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, *wait)
	defer cancel()
	failed := false
	for i, probe := range probes {
		if err := untilAnswered(ctx, probe); err != nil {
			failed = true
			fmt.Fprintf(out, "failed  %s: %v\n", urls[i], err)
			continue
		}
		fmt.Fprintf(out, "ok      %s\n", urls[i])
	}
	if failed {
		return errSilent
	}
	return nil
}

// probeOf finds out how an address is asked.
func probeOf(v string) (func(context.Context) error, error) {
	u, err := url.Parse(v)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", err, errUsage)
	case u.Scheme == "smtp" && u.Port() != "":
		return func(ctx context.Context) error { return probeSMTP(ctx, u.Host) }, nil
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return func(ctx context.Context) error { return probeHTTP(ctx, v) }, nil
	}
	return nil, fmt.Errorf("%q is not an address such as smtp://HOST:PORT, http://HOST/ or https://HOST/: %w", v, errUsage)
}

// untilAnswered tries at least once, and again until ctx ends.
func untilAnswered(ctx context.Context, probe func(context.Context) error) error {
	for {
		once, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		err := probe(once)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(probeAgain):
		}
	}
}

// probeSMTP waits for the greeting, says EHLO, and leaves.
func probeSMTP(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	client, err := smtp.NewClient(conn, address)
	if err != nil {
		return fmt.Errorf("wait for the greeting: %w", err)
	}
	if err := client.Hello("probe.invalid"); err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	return client.Quit()
}

// probeHTTP wants any answer that is no failure of the server: a host that is not
// served here is one, too. It goes nowhere else.
func probeHTTP(ctx context.Context, address string) error {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode < http.StatusInternalServerError {
		return nil
	}
	said, err := io.ReadAll(io.LimitReader(response.Body, 200))
	return errors.Join(fmt.Errorf("it answers %s: %s", response.Status, said), err)
}
