package helpdesk

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSizeWords(t *testing.T) {
	for _, test := range []struct {
		name string
		n    int64
		want string
	}{
		{"none", 0, "0 bytes"}, {"bytes", 999, "999 bytes"}, {"kilobytes", 1500, "2 kB"}, {"hundreds", 230_400, "230 kB"},
		{"one megabyte", 1_000_000, "1 MB"}, {"megabytes", 1_843_200, "1.8 MB"}, {"many", 25_000_000, "25 MB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := SizeWords(test.n); got != test.want {
				t.Errorf("SizeWords(%d) is %q, want %q", test.n, got, test.want)
			}
		})
	}
}

// covers: P12
func TestFileLimits(t *testing.T) {
	const mebi = 1 << 20
	limits := FileLimits{Bytes: 25 * mebi, Mail: 35 * mebi, Blocked: []string{"exe", "js"}}
	many := make([]Attachment, MaxFiles)
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"plain name", limits.CheckName("bill.pdf"), ""},
		{"no ending", limits.CheckName("exe"), ""},
		{"blocked", limits.CheckName("setup.exe"), "“setup.exe” can't be sent: files that end in .exe are blocked here"},
		{"blocked in capitals", limits.CheckName("Run.JS"), "“Run.JS” can't be sent: files that end in .js are blocked here"},
		{"blocked in the middle", limits.CheckName("setup.exe.txt"), ""},
		{"nothing is blocked", FileLimits{}.CheckName("setup.exe"), ""},
		{"the greatest file", limits.CheckSize("a", 25*mebi), ""},
		{"a byte more", limits.CheckSize("a", 25*mebi+1), "“a” is too large: a file may have 25 MiB here"},
		{"no limit", FileLimits{}.CheckSize("a", 1<<40), ""},
		{"none", limits.CheckAll(nil), ""},
		{"empty files", limits.CheckAll(many), ""},
		{"one file more than fit", limits.CheckAll(append(many, Attachment{})), "these are 101 files: 100 at most go with one answer"},
		{"what fits a mail", limits.CheckAll([]Attachment{{Size: 25 * mebi}}), ""},
		{"what does not", limits.CheckAll([]Attachment{{Size: 20 * mebi}, {Size: 6 * mebi}}), "together these files have 26.0 MiB: one mail holds about 25.4 MiB of files here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Public(tt.err); got != tt.want || tt.want != "" && (KindOf(tt.err) != Invalid || !errors.Is(tt.err, ErrFile)) {
				t.Errorf("%q (%v), want %q", got, tt.err, tt.want)
			}
		})
	}
}

func TestHoldsMail(t *testing.T) {
	for _, tt := range []struct {
		name string
		file Attachment
		want bool
	}{
		{"mail", Attachment{MediaType: "message/rfc822"}, true},
		{"mail in other letters", Attachment{MediaType: "Message/Global"}, true},
		{"by name", Attachment{Name: "Re: Order.EML", MediaType: "application/octet-stream"}, true},
		{"Outlook", Attachment{Name: "x", MediaType: "application/vnd.ms-outlook"}, true},
		{"winmail", Attachment{Name: "Winmail.dat", MediaType: "application/octet-stream"}, true},
		{"signed envelope", Attachment{Name: "smime.p7m", MediaType: "application/pkcs7-mime"}, true},
		{"headers", Attachment{MediaType: "text/rfc822-headers"}, true},
		{"text", Attachment{Name: "eml", MediaType: "text/plain"}, false},
		{"PDF", Attachment{Name: "message.pdf", MediaType: "application/pdf"}, false},
		{"type that only begins alike", Attachment{MediaType: "application/mboxes"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.file.HoldsMail(); got != tt.want {
				t.Errorf("%+v holds a mail: %t", tt.file, got)
			}
		})
	}
}

// What a customer attached to a message is for everybody who sees it, but for
// mails, which hold more than they mean to tell.
//
// covers: P12, S30
func TestCustomerViewFiles(t *testing.T) {
	mails := []Attachment{{Name: "ours.eml", MediaType: "message/rfc822"}, {Name: "pot.jpg", MediaType: "image/jpeg"}}
	ticket := &Ticket{Number: 12, Participants: []Participant{alice, bob}}
	entries := []Entry{
		{Seq: 1, Kind: Message, Author: customer(bob), At: noon.Add(2 * time.Hour), Attachments: mails},
		{Seq: 2, Kind: Message, Author: agent, At: noon.Add(2 * time.Hour), Attachments: mails},
		{Seq: 3, Kind: Note, Author: agent, At: noon.Add(2 * time.Hour), Attachments: mails},
		{Seq: 4, Kind: Message, Hidden: true, Author: customer(bob), At: noon.Add(2 * time.Hour), Attachments: mails},
		{Seq: 5, Kind: Message, Author: customer(alice), At: noon, Attachments: mails},
	}
	for _, tt := range []struct {
		name   string
		viewer Participant
		want   string // the files that open
	}{
		{"requester", alice, "1.2 2.1 2.2 5.1 5.2"},
		{"collaborator who joined later", bob, "1.1 1.2 2.1 2.2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			view := ticket.CustomerView(&tt.viewer, entries, HelpCenter{})
			var got []string
			for seq := range 7 {
				for index := -1; index < 4; index++ {
					if f := view.File(seq, index); f != nil {
						got = append(got, string(rune('0'+seq))+"."+string(rune('0'+index)))
						if f.Name != mails[index-1].Name {
							t.Errorf("file %d of %d is %s", index, seq, f.Name)
						}
					}
				}
			}
			if got := strings.Join(got, " "); got != tt.want {
				t.Errorf("sees the files %s, want %s", got, tt.want)
			}
		})
	}
}
