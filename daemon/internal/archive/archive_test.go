package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// put writes files into a new folder; a name that ends with a slash is a folder.
func put(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		folder := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			folder = path
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t testing.TB, paths ...string) *Archive {
	t.Helper()
	a, err := Read(t.Context(), paths, Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// texts are the mails as they are read, in their order.
func texts(t testing.TB, a *Archive) []string {
	t.Helper()
	var all []string
	for i := range a.Mails {
		in, err := a.Open(&a.Mails[i])
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		all = append(all, string(raw))
	}
	return all
}

// told are the reasons with their counts.
func told(c Tally) []string {
	var all []string
	for _, one := range c {
		all = append(all, fmt.Sprintf("%d %s", one.Count, one.Why))
	}
	slices.Sort(all)
	return all
}

// subjects stand for mails where their text does not matter.
func subjects(t testing.TB, a *Archive) []string {
	t.Helper()
	var all []string
	for _, text := range texts(t, a) {
		_, s, _ := strings.Cut(text, "Subject: ")
		s, _, _ = strings.Cut(s, "\n")
		all = append(all, strings.TrimSpace(s))
	}
	return all
}

func mail(subject string, extra ...string) string {
	return strings.Join(append([]string{"From: a@b.example", "Subject: " + subject}, extra...), "\n") + "\n\nHello\n"
}

// covers: P07
func TestFolders(t *testing.T) {
	for _, tt := range []struct {
		name   string
		files  map[string]string
		paths  []string // within the folder; nil for all of it
		want   []string // subjects, with "sent " before what lies among sent mail
		left   []string
		unread []string
	}{
		{"a Maildir with folders", map[string]string{
			"new/1500000001.a.host":                  mail("new"),
			"cur/1500000002.b.host:2,S":              mail("seen"),
			"cur/1500000003.c.host:2,ST":             mail("deleted"),
			"cur/1500000004.d.host:2,DS":             mail("draft"),
			"cur/1500000005.D,T.host!2,RS":           mail("other mark"),
			"cur/.hidden":                            "x",
			"tmp/1500000006.e.host":                  mail("not delivered"),
			"dovecot-uidlist":                        "3 V1\n",
			".Sent/cur/1500000007.f.host:2,S":        mail("ours"),
			".Trash/cur/1500000008.g.host:2,S":       mail("thrown away"),
			".INBOX.Junk/cur/1500000009.h.host:2,S":  mail("junk"),
			".Archive.2019/cur/1500000010.i.host:2,": mail("archived"),
			".Empty/cur/":                            "",
		}, nil, []string{"new", "seen", "other mark", "sent ours", "archived"}, []string{"1 a folder of deleted mail", "1 a folder of unwanted mail", "1 deleted mail", "1 drafts"}, nil},
		{"a Maildir in folders", map[string]string{
			"Maildir/cur/1500000001.a.host":              mail("in"),
			"Maildir/Sent/cur/1500000002.b.host":         mail("out"),
			"Maildir/Sent/Old/cur/1500000003.c.host":     mail("old out"),
			"Maildir/Deleted Items/cur/1500000004.d.hst": mail("gone"),
		}, nil, []string{"in", "sent out", "sent old out"}, []string{"1 a folder of deleted mail"}, nil},
		{"what is asked for by name is taken", map[string]string{
			".Trash/cur/1500000008.g.host:2,S": mail("thrown away"),
			"Junk":                             "From x Mon Jan  1 00:00:00 2018\n" + mail("junk"),
		}, []string{".Trash", "Junk"}, []string{"thrown away", "junk"}, nil, nil},
		{"a profile of Thunderbird", map[string]string{
			"Inbox":               "From - Mon Jan  1 00:00:00 2018\nX-Mozilla-Status: 0001\n" + mail("in") + "\nFrom - Mon Jan  1 00:00:01 2018\nX-Mozilla-Status: 0009\n" + mail("expunged"),
			"Inbox.msf":           "// <!-- <mdb:mork:z v=\"1.4\"/> -->",
			"Inbox.sbd/Customers": "From - Mon Jan  1 00:00:02 2018\n" + mail("below"),
			"Sent":                "From - Mon Jan  1 00:00:03 2018\n" + mail("out"),
			"Trash":               "From - Mon Jan  1 00:00:04 2018\n" + mail("trash"),
			"Unsent Messages":     "From - Mon Jan  1 00:00:04 2018\n" + mail("unsent"),
			"Drafts":              "",
		}, nil, []string{"in", "below", "sent out"}, []string{"1 a file of another kind", "1 a folder of deleted mail", "1 a folder of drafts", "1 deleted mail"}, nil},
		{"Gmail's export", map[string]string{
			"All mail Including Spam and Trash.mbox": "From 1@xxx Tue Apr 14 12:34:56 +0000 2015\nX-GM-THRID: 7\nX-Gmail-Labels: Inbox,Important\n" + mail("in") +
				"\nFrom 2@xxx Tue Apr 14 12:34:57 +0000 2015\nX-GM-THRID: 7\nX-Gmail-Labels: =?UTF-8?Q?Spam,Unread?=\n" + mail("spam") +
				"\nFrom 3@xxx Tue Apr 14 12:34:58 +0000 2015\nX-GM-THRID: 7\nX-Gmail-Labels: Archived,Sent\n" + mail("out") +
				"\nFrom 4@xxx Tue Apr 14 12:34:59 +0000 2015\nX-GM-THRID: 7\nX-Gmail-Labels: Drafts\n" + mail("draft") +
				"\nFrom 5@xxx Tue Apr 14 12:34:59 +0000 2015\nX-GM-THRID: 7\nX-Gmail-Labels: Chat\n" + mail("chat") +
				"\nFrom 7@xxx Tue Apr 14 12:34:59 +0000 2015\nX-GM-THRID: 7\nX-Gmail-Labels: Inbox\nX-Gmail-Labels: Sent\n" + mail("forged label") +
				"\nFrom 8@xxx Tue Apr 14 12:34:59 +0000 2015\nReceived: x\nX-GM-THRID: 7\nX-Gmail-Labels: Sent\n" + mail("forged fields") +
				"\nFrom a@b.example Tue Apr 14 12:34:59 2015\nX-GM-THRID: 7\nX-Gmail-Labels: Sent\n" + mail("forged export") +
				"\nFrom 6@xxx Tue Apr 14 12:34:59 +0000 2015\nX-GM-THRID: 7\nX-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe?=\n" + mail("german draft"),
		}, nil, []string{"in", "sent out", "forged label", "forged fields", "forged export"}, []string{"1 chats", "1 unwanted mail", "2 drafts"}, nil},
		{"files of one mail each", map[string]string{
			"export/12.eml": mail("twelve", "Date: Mon, 1 Jan 2018 00:00:02 +0000"),
			"export/13.EML": mail("thirteen", "Date: Mon, 1 Jan 2018 00:00:01 +0000"),
			"mh/7":          mail("mh", "Date: Mon, 1 Jan 2018 00:00:03 +0000"),
			"notes.txt":     "Dear diary: nothing",
			"broken.eml":    "",
		}, nil, []string{"thirteen", "twelve", "mh"}, []string{"1 a file of another kind"}, nil},
		{"a dotted mbox of a server that notes something for itself", map[string]string{
			"mbox": "From MAILER-DAEMON Mon Jan  1 00:00:00 2018\nX-IMAP: 1 2\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nStatus: RO\n\nText\n\n" +
				"From a@b.example Mon Jan  1 00:00:00 2018\nX-Status: AD\n" + mail("deleted") + "\nFrom a@b.example Mon Jan  1 00:00:01 2018\nStatus: RO\n" + mail("in"),
		}, nil, []string{"in"}, []string{"1 deleted mail", "1 what a mail server noted for itself"}, nil},
		{"named files", map[string]string{"a": mail("no ending"), "b.gz": "\x1f\x8b\x08", "c": "no mail at all", "d.pst": "!BDN", "e": ""},
			[]string{"a", "b.gz", "c", "d.pst", "e", "f"}, []string{"no ending"}, []string{"1 an empty file"}, []string{
				"1 it is an Outlook data file: turn it into mbox first, with readpst", "1 it is compressed: unpack it first",
				"1 it is neither a mail nor an mbox file", "1 no such file or directory",
			}},
		{"compressed by the server", map[string]string{"cur/1500000001.a.host,S=3:2,": "\x1f\x8b\x08", "cur/1500000002.a.host:2,": ""},
			nil, nil, []string{"1 an empty file"}, []string{"1 it is compressed: unpack it first"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := put(t, tt.files)
			paths := []string{dir}
			if tt.paths != nil {
				paths = nil
				for _, p := range tt.paths {
					paths = append(paths, filepath.Join(dir, p))
				}
			}
			a := read(t, paths...)
			got := subjects(t, a)
			for i := range got {
				if a.Mails[i].Sent {
					got[i] = "sent " + got[i]
				}
			}
			for _, diff := range []string{cmp.Diff(tt.want, got), cmp.Diff(tt.left, told(a.LeftOut)), cmp.Diff(tt.unread, told(a.Unread))} {
				if diff != "" {
					t.Errorf("mails, left out, unread (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestDates(t *testing.T) {
	for _, tt := range []struct{ name, file, content, want string }{
		{"of the mail", "a.eml", mail("x", "Date: Mon, 1 Jan 2018 00:00:00 +0100"), "2017-12-31T23:00:00Z"},
		{"no date: the file's", "a.eml", mail("x"), "2001-01-01T00:00:00Z"},
		{"ahead of now: the file's", "a.eml", mail("x", "Date: Mon, 1 Jan 2035 00:00:00 +0000"), "2001-01-01T00:00:00Z"},
		{"a clock that began in 1970: the file's", "a.eml", mail("x", "Date: Thu, 1 Jan 1970 00:00:00 +0000"), "2001-01-01T00:00:00Z"},
		{"the From line's", "a", "From - Mon Jan  1 00:00:00 2018\n" + mail("x"), "2018-01-01T00:00:00Z"},
		{"a From line without one", "a", "From nobody\n" + mail("x"), "2001-01-01T00:00:00Z"},
		{"the name's", "cur/1500000002.b.host:2,S", mail("x"), "2017-07-14T02:40:02Z"},
		{"a name without one", "cur/x.b.host:2,S", mail("x"), "2001-01-01T00:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := read(t, put(t, map[string]string{tt.file: tt.content}))
			if len(a.Mails) != 1 || a.Mails[0].At().Format(time.RFC3339) != tt.want {
				t.Errorf("mails = %+v, want one of %s", a.Mails, tt.want)
			}
		})
	}
	a, err := Read(t.Context(), []string{put(t, map[string]string{"1.eml": mail("old", "Date: Mon, 1 Jan 2018 00:00:00 +0000"), "2.eml": mail("new", "Date: Tue, 2 Jan 2018 00:00:00 +0000")})},
		Options{Now: now, Since: time.Date(2018, 1, 2, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"new"}, subjects(t, a)); diff != "" || a.LeftOut.Total() != 1 {
		t.Errorf("since (-want +got):\n%s%v", diff, a.LeftOut)
	}
}

func TestOrder(t *testing.T) {
	at := func(hour int) string { return fmt.Sprintf("Date: Mon, 1 Jan 2018 %02d:00:00 +0000", hour) }
	for _, tt := range []struct {
		name    string
		mails   []string
		want    []string
		threads int
	}{
		{"by date", []string{mail("two", at(2)), mail("one", at(1)), mail("three", at(3))}, []string{"one", "two", "three"}, 3},
		{"at the same time, as they lie", []string{mail("one", at(1)), mail("two", at(1))}, []string{"one", "two"}, 2},
		{"an answer that is dated before", []string{mail("answer", at(1), "Message-ID: <2@x>", "In-Reply-To: <1@x>"), mail("other", at(2)), mail("question", at(3), "Message-ID: <1@x>")},
			[]string{"question", "answer", "other"}, 2},
		{"an answer to an answer", []string{mail("third", at(1), "Message-ID: <3@x>", "References: <1@x> <2@x>"), mail("second", at(2), "Message-ID: <2@x>", "References: <1@x>"), mail("first", at(3), "Message-ID: <1@x>")},
			[]string{"first", "second", "third"}, 1},
		{"a copy that came back", []string{mail("came back", at(1), "Message-ID: <1@x>"), "sent"}, []string{"sent", "came back"}, 1},
		{"a circle", []string{mail("a", at(1), "Message-ID: <a@x>", "In-Reply-To: <b@x>"), mail("b", at(2), "Message-ID: <b@x>", "In-Reply-To: <a@x>")}, []string{"b", "a"}, 1},
		{"itself", []string{mail("a", at(1), "Message-ID: <a@x>", "In-Reply-To: <a@x>")}, []string{"a"}, 1},
		{"two answers to a mail that is not here", []string{mail("a", at(1), "Message-ID: <a@x>", "In-Reply-To: <z@x>"), mail("b", at(2), "Message-ID: <b@x>", "References: <z@x> <y@x>")}, []string{"a", "b"}, 1},
		{"joined by a later one", []string{mail("a", at(1), "Message-ID: <a@x>"), mail("b", at(2), "Message-ID: <b@x>"), mail("c", at(3), "References: <a@x> <b@x>")}, []string{"a", "b", "c"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{}
			for i, m := range tt.mails {
				if m == "sent" {
					files["sent/1.eml"] = mail("sent", at(1), "Message-ID: <1@x>")
					continue
				}
				files[fmt.Sprintf("%d.eml", i)] = m
			}
			a := read(t, put(t, files))
			threads := map[int32]bool{}
			for _, m := range a.Mails {
				threads[m.Thread] = true
			}
			if diff := cmp.Diff(tt.want, subjects(t, a)); diff != "" || len(threads) != tt.threads {
				t.Errorf("%d threads, want %d; order (-want +got):\n%s", len(threads), tt.threads, diff)
			}
		})
	}
}

func TestReports(t *testing.T) {
	for _, tt := range []struct {
		name, head string
		want       bool
	}{
		{"a report", "From: x@y.example\nContent-Type: multipart/report; boundary=b", true},
		{"an old one", "From: MAILER-DAEMON@y.example", true},
		{"without a domain", "From: Mailer-Daemon (Mail Delivery System)", true},
		{"another old one", "From: x@y.example\nX-Failed-Recipients: z@y.example", true},
		{"a mail", "From: x@y.example", false},
	} {
		a := read(t, put(t, map[string]string{"1.eml": tt.head + "\n\nText\n"}))
		if a.Mails[0].Report != tt.want {
			t.Errorf("%s: report = %t", tt.name, a.Mails[0].Report)
		}
	}
}

func TestChangedMeanwhile(t *testing.T) {
	dir := put(t, map[string]string{"box": "From - Mon Jan  1 00:00:00 2018\n" + mail("one"), "2.eml": mail("two")})
	a := read(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "box"), []byte("From - Mon Jan  1 00:00:00 2018\n"+mail("1!!")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "2.eml")); err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{os.ErrNotExist, ErrChanged} {
		if _, err := a.Open(&a.Mails[i]); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", a.Place(&a.Mails[i]), err, want)
		}
	}
}

func TestReadEnds(t *testing.T) {
	dir := put(t, map[string]string{"box": "From - Mon Jan  1 00:00:00 2018\n" + mail("one"), "2.eml": mail("two")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, []string{dir}, Options{Now: now}); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

func TestTally(t *testing.T) {
	var c Tally
	for i := range maxPlaces + 3 {
		c.Add("x", fmt.Sprint(i))
	}
	c.Add("y", "z")
	if c.Total() != maxPlaces+4 || len(c[0].Places) != maxPlaces || c[0].Places[0] != "0" {
		t.Errorf("tally = %+v", c)
	}
}

// A pipe in a folder keeps nobody waiting for who writes to it.
func TestPipeIsNoFile(t *testing.T) {
	dir := put(t, map[string]string{"a.eml": "From: a@b.example\n\nx\n"})
	if err := syscall.Mkfifo(filepath.Join(dir, "b.eml"), 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan *Archive, 1)
	go func() { done <- read(t, dir) }()
	select {
	case a := <-done:
		if len(a.Mails) != 1 || a.LeftOut.Total() != 1 {
			t.Errorf("found %d mails, left out %v", len(a.Mails), a.LeftOut)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for the pipe")
	}
}
