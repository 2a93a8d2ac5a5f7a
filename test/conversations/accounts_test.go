package conversations

import (
	"fmt"
	"io"
	"net/http"
)

// sweepAccounts looks at what agents of one account may see of another one: on
// their pages, and in what the operator is told of one account.
func (w *world) sweepAccounts(c *tally) {
	for _, of := range []struct{ account, host, domain string }{{"support", acmeHost, "acme.test"}, {"beta", betaHost, "beta.test"}} {
		paths := []string{"/agent", "/agent?status=Closed", "/agent/held"}
		told := []string{"/tickets?limit=100", "/held?all=1", "/agents"}
		for number := range int64(maxAgentPages) {
			paths = append(paths, fmt.Sprintf("/agent/tickets/%d", number+1))
			told = append(told, fmt.Sprintf("/tickets/%d", number+1))
		}
		for _, path := range paths {
			_, page, err := w.acme.visit(http.MethodGet, here, of.host, path, nil)
			if err != nil {
				w.fault("open %s: %v", path, err)
			}
			c.pages++
			w.foreign(c, of.domain, "the page "+path, page)
		}
		for _, path := range told {
			resp, err := w.acme.socket.Get("http://postern/accounts/" + of.account + path)
			if err != nil {
				w.fault("ask for %s: %v", path, err)
				continue
			}
			answer, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close() // it was read
			if err != nil {
				w.fault("ask for %s: %v", path, err)
			}
			w.foreign(c, of.domain, "the socket's "+path, string(answer))
		}
	}
	w.strangersCookie(c)
}

// maxAgentPages is above the number of requests of the smaller account.
const maxAgentPages = 60

// foreign wants no canary of another account in what one account is shown.
func (w *world) foreign(c *tally, domain, where, text string) {
	for _, found := range w.book.in(text) {
		if !found.readers.inAccount(domain) {
			c.leaks = append(c.leaks, finding{words: fmt.Sprintf("%s, in the %s of %s, is on %s of %s", found.word, found.place, found.writer, where, domain)})
		}
	}
}

// strangersCookie wants a session of one account to open nothing of another one.
func (w *world) strangersCookie(c *tally) {
	for _, path := range []string{"/agent", "/agent/held", "/agent/tickets/1"} {
		req, err := http.NewRequest(http.MethodGet, "http://"+w.acme.http+path, nil)
		if err != nil {
			w.fault("%v", err)
			return
		}
		req.Host = acmeHost
		req.Header.Set("Cookie", w.acme.cookies[betaHost])
		resp, err := w.acme.browser(here).Do(req)
		if err != nil {
			w.fault("%v", err)
			return
		}
		_ = resp.Body.Close() // the status says it all
		if resp.StatusCode == http.StatusOK {
			c.leaks = append(c.leaks, finding{words: "the session of " + betaAgent + " opens " + path + " of another account"})
		}
	}
}
