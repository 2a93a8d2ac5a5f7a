package interop

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/test/peers"
)

const filesDesk = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme, namespace: support}
spec:
  displayName: Acme Help
  host: help.acme.example
  mailboxRef: {name: support}
  portal: {ticketSubmission: Enabled}
---
apiVersion: postern.dev/v1alpha1
kind: TicketForm
metadata: {name: contact, namespace: support}
spec: {title: {default: Question}, publication: Published, helpCenterRefs: [{name: acme}]}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support, namespace: support}
spec:
  address: support@acme.example
  inbound: {type: SMTP}
  maxMessageMiB: 20
  attachments: {maxMiB: 10, blockedExtensions: [exe]}
`

// canary stands in a file that no customer may ever get.
const canary = "CANARY: this customer never pays before the third reminder"

// parcel is a mail as its reader sees it.
type parcel struct {
	text    string
	replyTo string
	files   map[string]string // name → SHA-256
	all     string            // everything in it, decoded
}

func readParcel(t *testing.T, raw string) parcel {
	t.Helper()
	p := parcel{files: map[string]string{}}
	e, err := message.Read(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if to, err := mail.ParseAddress(e.Header.Get("Reply-To")); err == nil {
		p.replyTo = to.Address
	}
	var all strings.Builder
	err = e.Walk(func(_ []int, part *message.Entity, err error) error {
		if err != nil || strings.HasPrefix(part.Header.Get("Content-Type"), "multipart/") {
			return err
		}
		content, err := io.ReadAll(part.Body)
		all.Write(content)
		disposition, params, _ := part.Header.ContentDisposition()
		switch kind, _, _ := part.Header.ContentType(); {
		case disposition == "attachment":
			p.files[params["filename"]] = sumOf(content)
		case kind == "text/plain":
			p.text += string(content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.all = all.String()
	return p
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// withFile is a mail with words and files.
func withFile(from, to, id, words string, files ...upload) string {
	var out strings.Builder
	fmt.Fprintf(&out, "From: <%s>\r\nTo: <%s>\r\nSubject: Re: Broken cup\r\nMessage-ID: <%s>\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\n", from, to, id)
	fmt.Fprintf(&out, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n", words)
	for _, f := range files {
		fmt.Fprintf(&out, "--b\r\nContent-Type: application/octet-stream; name=%q\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n", f.name)
		for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(f.content)), 76) {
			out.Write(line)
			out.WriteString("\r\n")
		}
	}
	return out.String() + "--b--\r\n"
}

// fileDesk is a desk with a request of Alice's that Bob takes part in, and one of
// Carol's.
type fileDesk struct {
	*peers.Desk
	out    *outside
	agent  *visitor
	number int64
}

const (
	aliceAddress, bobAddress, carolAddress = "alice@customer.example", "bob@customer.example", "carol@customer.example"
	fileSupport                            = "support@acme.example"
)

func newFileDesk(t *testing.T) *fileDesk {
	t.Helper()
	out := startOutside(t)
	d := &fileDesk{Desk: peers.StartDesk(t, filesDesk, "--trusted-relay", "127.0.0.1", "--relay", out.address), out: out}
	d.agent = newAgent(t, d.Desk)
	for _, who := range []string{aliceAddress, carolAddress} {
		plainly(t, d.SMTP, who, fileSupport, question(who, fileSupport))
	}
	asked, err := ticketOf(t, d.Desk, aliceAddress)
	if err != nil {
		t.Fatal(err)
	}
	d.number = asked.Number
	d.Command(t, "ticket", "participants", fmt.Sprint(d.number), "add", bobAddress)
	return d
}

// await reads the newest mail to somebody once it has the words.
func (d *fileDesk) await(t *testing.T, who, words string) parcel {
	t.Helper()
	var got parcel
	peers.Eventually(t, peers.Patience, func() error {
		raw := d.out.mail(who)
		if raw == "" {
			return fmt.Errorf("no mail to %s", who)
		}
		if got = readParcel(t, raw); !strings.Contains(got.text, words) {
			return fmt.Errorf("%s got %q", who, got.text)
		}
		return nil
	})
	return got
}

var (
	linkIn = regexp.MustCompile(`https://help\.acme\.example(/t/pl1_[A-Za-z0-9_-]+)`)
	fileIn = regexp.MustCompile(`href="(\?file=[0-9.]+)"[^>]*><bdi>([^<]*)</bdi>`)
)

func linkOf(t *testing.T, p parcel) string {
	t.Helper()
	found := linkIn.FindStringSubmatch(p.text)
	if found == nil {
		t.Fatalf("no link in %q", p.text)
	}
	return found[1]
}

// listed are the files on the page of a link, downloaded: name → SHA-256.
func (d *fileDesk) listed(t *testing.T, link string) map[string]string {
	t.Helper()
	guest := &visitor{desk: d.Desk}
	files := map[string]string{}
	for _, f := range fileIn.FindAllStringSubmatch(bodyOf(t, guest.get(t, link)), -1) {
		resp := guest.get(t, link+f[1])
		if !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment; ") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s is sent with %v", f[2], resp.Header)
		}
		files[f[2]] = sumOf([]byte(bodyOf(t, resp)))
	}
	return files
}

func noiseOf(n int, seed uint64) []byte {
	b := make([]byte, n)
	for i, source := 0, rand.New(rand.NewPCG(seed, 1)); i < n; i++ {
		b[i] = byte(source.Uint32())
	}
	return b
}

// What an agent uploads reaches each customer byte for byte, by mail and behind
// their links; what a customer attaches can be fetched by the others; and what is
// for agents alone reaches nobody, whatever address they try.
//
// covers: P12, P09, S22
func TestFilesThereAndBack(t *testing.T) {
	d := newFileDesk(t)
	path := fmt.Sprintf("/agent/tickets/%d", d.number)
	note := d.agent.send(t, path+"/note", url.Values{"text": {"For us"}}, upload{"credit.txt", []byte(canary)})
	if body := bodyOf(t, note); note.StatusCode != http.StatusSeeOther {
		t.Fatalf("note: %s\n%s", note.Status, body)
	}
	plan, empty := noiseOf(6<<20, 1), []byte(nil)
	files := []upload{{"Plan „März“.pdf", plan}, {"setup.exe", []byte("MZ")}, {"none.txt", empty}}
	refused := d.agent.send(t, path+"/reply", url.Values{"text": {"Here is the plan."}, "status": {"Pending"}, "nonce": {"1"}}, files...)
	page := bodyOf(t, refused)
	if refused.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, "setup.exe") || !strings.Contains(page, "Here is the plan.</textarea>") {
		t.Fatalf("with a blocked file: %s", refused.Status)
	}
	large := d.agent.send(t, path+"/reply", url.Values{"text": {"Here is the plan."}, "status": {"Pending"}, "nonce": {"2"}}, upload{"large.bin", noiseOf(11<<20, 2)})
	if body := bodyOf(t, large); large.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "a file may have 10 MiB here") {
		t.Fatalf("with a file that is too large: %s", large.Status)
	}
	sent := d.agent.send(t, path+"/reply", url.Values{"text": {"Here is the plan."}, "status": {"Pending"}, "nonce": {"1"}}, files[0], files[2])
	if body := bodyOf(t, sent); sent.StatusCode != http.StatusSeeOther {
		t.Fatalf("reply: %s\n%s", sent.Status, body)
	}
	want := map[string]string{"Plan „März“.pdf": sumOf(plan), "none.txt": sumOf(nil)}
	alice, bob := d.await(t, aliceAddress, "Here is the plan."), d.await(t, bobAddress, "Here is the plan.")
	for who, got := range map[string]parcel{"Alice": alice, "Bob": bob} {
		if diff := cmp.Diff(want, got.files); diff != "" {
			t.Errorf("files of %s (-want +got):\n%s", who, diff)
		}
		if diff := cmp.Diff(want, d.listed(t, linkOf(t, got))); diff != "" {
			t.Errorf("files behind the link of %s (-want +got):\n%s", who, diff)
		}
	}
	d.customerAnswers(t, alice, bob)
	d.agentAnswersByMail(t)
	d.nobodyGetsTheCanary(t)
}

// customerAnswers has Alice answer with a file, and with our mail as another one.
func (d *fileDesk) customerAnswers(t *testing.T, alice, bob parcel) {
	t.Helper()
	photo := noiseOf(3<<20, 3)
	ours := upload{"your mail.eml", []byte(d.out.mail(aliceAddress))}
	plainly(t, d.SMTP, aliceAddress, alice.replyTo, withFile(aliceAddress, alice.replyTo, "2.alice@customer.example", "Look at the photo.", upload{"photo.jpg", photo}, ours))
	update := d.await(t, bobAddress, "Look at the photo.")
	if len(update.files) > 0 || !strings.Contains(update.text, "Files: photo.jpg (3.1 MB)") {
		t.Errorf("Bob was sent the files %v, and told %q", update.files, update.text)
	}
	for who, tt := range map[string]struct {
		link string
		want int
	}{"Alice": {linkOf(t, alice), 4}, "Bob": {linkOf(t, bob), 3}} { // her own mail is hers alone
		got := d.listed(t, tt.link)
		if got["photo.jpg"] != sumOf(photo) || len(got) != tt.want {
			t.Errorf("%s can fetch %v, want %d files", who, got, tt.want)
		}
	}
	shown := bodyOf(t, d.agent.get(t, fmt.Sprintf("/agent/tickets/%d", d.number)))
	found := regexp.MustCompile(`href="([^"]+)" download><bdi>photo.jpg`).FindStringSubmatch(shown)
	if found == nil || sumOf([]byte(bodyOf(t, d.agent.get(t, found[1])))) != sumOf(photo) {
		t.Errorf("the agent's page leads to another photo: %v", found)
	}
}

// agentAnswersByMail has the agent answer the notice with files.
func (d *fileDesk) agentAnswersByMail(t *testing.T) {
	t.Helper()
	const robin = "robin@acme.example"
	notice := d.await(t, robin, "Look at the photo.")
	bill := []byte("%PDF bill")
	ours := upload{"notice.eml", []byte(d.out.mail(robin))}
	plainly(t, d.SMTP, robin, notice.replyTo, withFile(robin, notice.replyTo, "1.robin@acme.example", "Here is the bill.", upload{"bill.pdf", bill}, ours))
	for _, who := range []string{aliceAddress, bobAddress} {
		got := d.await(t, who, "Here is the bill.")
		if diff := cmp.Diff(map[string]string{"bill.pdf": sumOf(bill)}, got.files); diff != "" {
			t.Errorf("files of %s (-want +got):\n%s", who, diff)
		}
	}
}

// nobodyGetsTheCanary looks at every mail that went to customers, and tries every
// address of a file with every link.
func (d *fileDesk) nobodyGetsTheCanary(t *testing.T) {
	t.Helper()
	guest := &visitor{desk: d.Desk}
	for _, who := range []string{aliceAddress, bobAddress, carolAddress} {
		newest := readParcel(t, d.out.mail(who))
		if strings.Contains(newest.all, canary) {
			t.Errorf("%s was sent the canary", who)
		}
		link := linkOf(t, newest)
		opened := 0
		for seq := range 12 {
			for index := range 5 {
				resp := guest.get(t, fmt.Sprintf("%s?file=%d.%d", link, seq, index))
				if body := bodyOf(t, resp); strings.Contains(body, canary) {
					t.Errorf("%s can fetch the canary as file %d of entry %d", who, index, seq)
				}
				if resp.StatusCode == http.StatusOK {
					opened++
				}
			}
		}
		if want := map[string]int{aliceAddress: 5, bobAddress: 4, carolAddress: 0}[who]; opened != want {
			t.Errorf("%s can fetch %d files, want %d", who, opened, want)
		}
		for _, path := range []string{
			fmt.Sprintf("/agent/tickets/%d/entries/2/files/1", d.number), link + "/files/2/1", "/t/" + sumOf([]byte(canary)), "/t/x?file=2.1",
		} {
			if body := bodyOf(t, guest.get(t, path)); strings.Contains(body, canary) {
				t.Errorf("%s leads to the canary", path)
			}
		}
	}
}

// An upload that breaks off leaves nothing, and one that was sent twice is one.
//
// covers: P12, P05
func TestUploadsThatBreakOff(t *testing.T) {
	d := newFileDesk(t)
	path := fmt.Sprintf("/agent/tickets/%d", d.number)
	broken := io.MultiReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nCut off.\r\n--b\r\n"+
		"Content-Disposition: form-data; name=\"files\"; filename=\"a.bin\"\r\n\r\n"), bytes.NewReader(noiseOf(1<<20, 4)))
	resp := d.agent.do(t, http.MethodPost, path+"/reply", "multipart/form-data; boundary=b", broken)
	if body := bodyOf(t, resp); resp.StatusCode < 400 {
		t.Errorf("half an upload: %s\n%s", resp.Status, body)
	}
	form := url.Values{"text": {"Twice."}, "status": {"Pending"}, "nonce": {"1"}}
	for range 2 {
		if resp := d.agent.send(t, path+"/reply", form, upload{"a.txt", []byte("once")}); resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("reply: %s\n%s", resp.Status, bodyOf(t, resp))
		}
	}
	d.await(t, aliceAddress, "Twice.")
	got, err := ticketOf(t, d.Desk, aliceAddress)
	replies := 0
	for _, e := range got.Entries {
		if strings.Contains(e.Text, "Cut off.") {
			err = errors.Join(err, errors.New("half an upload became an entry"))
		}
		if e.Text == "Twice." {
			replies++
		}
	}
	if err != nil || replies != 1 {
		t.Errorf("%d replies, %v", replies, err)
	}
}
