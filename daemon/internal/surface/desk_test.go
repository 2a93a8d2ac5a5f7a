package surface

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/test/peers"
)

//go:embed testdata/desk.yaml
var manifests string

// People of the filled desk.
const (
	alice = "alice@customer.example" // asked for the request that the tables are about
	bob   = "bob@customer.example"   // asked for another one
	carol = "carol@customer.example" // takes part in Alice's
	dave  = "dave@customer.example"  // did, and was taken off it
	erin  = "erin@customer.example"  // a customer of the other account
)

// desk is the real program with something of everything in it.
type desk struct {
	*peers.Dev
	agent, rival *visitor // signed in as agents of both accounts

	request, other, foreign int64 // Alice's, Bob's and Erin's requests
	held                    string
	links                   map[string]string   // of each person, to the request that they are in
	replyTo                 map[string]string   // where mail of each person goes
	passes                  map[string]string   // that were mailed to each person, used or not
	customers               map[string]*visitor // signed in
	contacts                map[string]string
	session                 string // another browser of Alice's
}

// fill starts it.
func fill(t *testing.T) *desk {
	t.Helper()
	d := &desk{Dev: peers.StartDev(t, manifests), links: map[string]string{}, replyTo: map[string]string{}, passes: map[string]string{}, customers: map[string]*visitor{}}
	d.agent, d.rival = d.agentAt(t, "acme"), d.agentAt(t, "rival")

	d.request = d.write(t, alice, "support@acme.example", "My kaleidoscope")
	d.other = d.write(t, bob, "support@acme.example", "My trombone")
	d.foreign = d.write(t, erin, "support@rival.example", "My accordion")
	page := fmt.Sprintf("/agent/tickets/%d", d.request)
	for _, who := range []string{carol, dave, "yves@customer.example"} {
		d.must(t, d.agent.post(t, page+"/participants", url.Values{"do": {"add"}, "address": {who}, "history": {"on"}}))
		d.links[who] = d.Letter(t, who, "").Link(t, "/t/")
	}
	d.must(t, d.agent.send(t, page+"/note", url.Values{"text": {"A word among us"}}))
	d.must(t, d.agent.send(t, page+"/reply", url.Values{"text": {"We look into it"}}))
	for _, who := range []string{alice, carol, dave} {
		d.Letter(t, who, "My kaleidoscope")
	}
	d.must(t, d.agent.post(t, page+"/participants", url.Values{"do": {"remove"}, "participant": {d.participant(t, dave)}}))
	d.holdSomething(t)
	d.mail(t, alice, d.replyAddress(t, alice), "Re: My kaleidoscope", "")
	d.submitFor(t, "hugo@customer.example")
	d.signEverybodyUp(t)
	d.contacts = map[string]string{
		alice: d.contact(t, d.agent, d.request), erin: d.contact(t, d.rival, d.foreign), "hugo@customer.example": d.contact(t, d.agent, d.other+1),
	}
	d.Settled(t)
	return d
}

// submitFor fills in the form with an address that is not proven.
func (d *desk) submitFor(t *testing.T, who string) {
	t.Helper()
	got := d.visit(t, "acme").send(t, "/en/submit/contact", url.Values{
		"nonce": {"once"}, "name": {"Hugo"}, "address": {who}, "subject": {"My harp"}, "message": {"It is out of tune"},
	})
	if got.status != http.StatusOK && got.status != http.StatusSeeOther {
		t.Fatalf("submitting: %d\n%s", got.status, got.body)
	}
	d.Letter(t, who, "")
}

// contact is the requester's, as an agent's page of the request names it.
func (d *desk) contact(t *testing.T, agent *visitor, number int64) string {
	t.Helper()
	page := agent.get(t, fmt.Sprintf("/agent/tickets/%d", number)).body
	m := contactPath.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page of request %d names no contact:\n%s", number, page)
	}
	return m[1]
}

var contactPath = regexp.MustCompile(`/agent/contacts/([^"/?]+)`)

// password of all customers.
const password = "nine purple umbrellas"

// signEverybodyUp makes sign-ins. Frank and Gina have asked for one, here and at the
// other account, and did not follow the link.
func (d *desk) signEverybodyUp(t *testing.T) {
	t.Helper()
	for _, who := range []string{alice, bob, carol, dave, erin, "frank@customer.example", "gina@customer.example"} {
		center := "acme"
		if who == erin || who == "gina@customer.example" {
			center = "rival"
		}
		v := d.visit(t, center)
		if got := v.post(t, "/en/sign-up", url.Values{"address": {who}}); got.status != http.StatusOK {
			t.Fatalf("sign-up of %s: %d\n%s", who, got.status, got.body)
		}
		link := d.passLink(t, who)
		_, d.passes[who], _ = strings.Cut(link, "/pass/")
		if who[0] != 'f' && who[0] != 'g' {
			d.must(t, v.post(t, link, url.Values{"password": {password}}))
			d.customers[who] = v
		}
	}
	again := d.visit(t, "acme")
	d.must(t, again.post(t, "/en/sign-in", url.Values{"address": {alice}, "password": {password}}))
	for _, f := range formsOf(t, d.customers[alice].get(t, "/en/account").body) {
		if _, rest, found := strings.Cut(f.action, "/account/sessions/"); found && rest != "end" {
			d.session = strings.TrimSuffix(rest, "/end")
		}
	}
	if d.session == "" {
		t.Fatal("Alice's account does not list her other browser")
	}
}

// passLink is the newest one that was mailed to somebody.
func (d *desk) passLink(t *testing.T, who string) (link string) {
	t.Helper()
	peers.Eventually(t, peers.Patience, func() error {
		if link = d.linkTo(t, who, "/pass/"); link == "" {
			return fmt.Errorf("no pass was mailed to %s", who)
		}
		return nil
	})
	return link
}

// mailed is the path of the newest link of a kind that was mailed to somebody.
func (d *desk) mailed(t *testing.T, who, kind string) string {
	t.Helper()
	link := d.linkTo(t, who+"@customer.example", kind)
	_, token, found := strings.Cut(link, kind)
	if !found {
		t.Fatalf("%s was mailed no link with %s", who, kind)
	}
	return kind + token
}

func (d *desk) linkTo(t *testing.T, who, kind string) string {
	t.Helper()
	for _, l := range d.Letters(t) {
		for _, found := range append(l.Links, l.UnsubscribeHeader...) {
			if l.To == who && strings.Contains(found, kind) {
				return found
			}
		}
	}
	return ""
}

func (d *desk) base(t *testing.T, center string) string {
	t.Helper()
	for _, c := range d.Centers {
		if c.Name == center {
			return c.URL
		}
	}
	t.Fatalf("there is no help center %s in %v", center, d.Centers)
	return ""
}

func (d *desk) agentAt(t *testing.T, center string) *visitor {
	t.Helper()
	v := d.visit(t, center)
	d.must(t, v.post(t, "/agent/sign-in", url.Values{"address": {d.Agent}, "password": {d.Password}}))
	return v
}

// write sends a first mail, and tells the number of its request.
func (d *desk) write(t *testing.T, from, to, subject string) int64 {
	t.Helper()
	d.mail(t, from, to, subject, "")
	letter := d.Letter(t, from, "")
	d.links[from] = letter.Link(t, "/t/")
	d.replyTo[from] = letter.Header.Get("Reply-To")
	m := numbered.FindStringSubmatch(letter.Text)
	if m == nil {
		t.Fatalf("the mail names no number:\n%s", letter.Text)
	}
	number, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

var numbered = regexp.MustCompile(`#(\d+)`)

// mail brings one with a file.
func (d *desk) mail(t *testing.T, from, to, subject, header string) {
	t.Helper()
	d.Send(t, from, to, fmt.Sprintf(`From: %s
To: %s
Subject: %s
Message-ID: <%s@customer.example>
%sMIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain

Hello, this is about %[3]s.
--a
Content-Type: text/html

<p>Hello, this is about <b>%[3]s</b>.</p>
--a--
--b
Content-Type: text/plain; name=bill.txt
Content-Disposition: attachment; filename=bill.txt

what it costs
--b--
`, from, to, subject, url.PathEscape(strings.ReplaceAll(from+subject, "@", ".")), header))
}

func (d *desk) ticket(t *testing.T, number int64) (told admin.Ticket) {
	t.Helper()
	d.tell(t, &told, "ticket", "show", fmt.Sprint(number))
	return told
}

// participant is the number of who takes part in Alice's request, or did.
func (d *desk) participant(t *testing.T, address string) string {
	t.Helper()
	ticket := d.ticket(t, d.request)
	for _, p := range ticket.Participants {
		if p.Address == address {
			return fmt.Sprint(p.Number)
		}
	}
	t.Fatalf("%s does not take part: %+v", address, ticket.Participants)
	return ""
}

// customersEntry is the newest message in Alice's request that no agent wrote.
func (d *desk) customersEntry(t *testing.T) string {
	t.Helper()
	newest := 0
	for _, e := range d.ticket(t, d.request).Entries {
		if e.Kind == helpdesk.Message && e.AuthorRole == helpdesk.Customer {
			newest = e.Seq
		}
	}
	return fmt.Sprint(newest)
}

// splitOff is the newest request that was split off another.
func (d *desk) splitOff(t *testing.T) string {
	t.Helper()
	var all []admin.Ticket
	d.tell(t, &all, "ticket", "list")
	for _, one := range all {
		if one.SplitFrom != nil {
			return fmt.Sprint(one.Number)
		}
	}
	return "999"
}

// tell reads what a command prints with --json.
func (d *desk) tell(t *testing.T, into any, args ...string) {
	t.Helper()
	out := d.Command(t, append(args, "--account", "support", "--json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// replyAddress is where somebody's answers go.
func (d *desk) replyAddress(t *testing.T, who string) string {
	t.Helper()
	to, err := mail.ParseAddress(d.replyTo[who])
	if err != nil {
		t.Fatal(err)
	}
	return to.Address
}

// holdSomething lets a stranger write into Alice's request.
func (d *desk) holdSomething(t *testing.T) {
	t.Helper()
	d.mail(t, "stranger@elsewhere.example", d.replyAddress(t, alice), "Re: My kaleidoscope", "")
	var items []helpdesk.HeldItem
	d.tell(t, &items, "held", "list")
	if len(items) != 1 {
		t.Fatalf("%d mails are held, want 1", len(items))
	}
	d.held = string(items[0].ID)
}

// must fails for what was not done.
func (d *desk) must(t *testing.T, got answer) {
	t.Helper()
	if got.status != http.StatusSeeOther || strings.Contains(got.location(), "sign-in") {
		t.Fatalf("answered with %d to %q:\n%s", got.status, got.location(), got.body)
	}
}
