package peers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/template"
)

// Dovecot is Debian's IMAP server in a folder of its own. Users sign in with
// PLAIN or LOGIN and a password, or with XOAUTH2 or OAUTHBEARER and a token that
// was issued. Plain passwords are taken without TLS too: it listens on loopback.
type Dovecot struct {
	*Process
	Dir   string // its state; mail of USER is in mail/USER/Maildir
	IMAP  string // address in clear text, with STARTTLS
	IMAPS string // address with TLS from the first byte
	CA    string // file with the certificate that it shows, for localhost and 127.0.0.1

	program string
	issuer  *httptest.Server
	mu      sync.Mutex
	tokens  map[string]string // token: user
	written int
}

// mailUser owns the mail where Dovecot runs as root, which must not; anywhere
// else everything belongs to who runs the test.
const mailUser = 65534 // nobody

// StartDovecot starts it for users with these passwords. Settings are more lines
// of dovecot.conf.
func StartDovecot(t testing.TB, users map[string]string, settings ...string) *Dovecot {
	t.Helper()
	program := "/usr/sbin/dovecot" // not in everybody's PATH
	if _, err := os.Stat(program); err != nil {
		program = Need(t, "dovecot", "dovecot-imapd")
	}
	d := &Dovecot{Dir: shortDir(t, "dovecot-"), program: program, tokens: map[string]string{}}
	d.IMAP, d.IMAPS = fmt.Sprintf("127.0.0.1:%d", Port(t)), fmt.Sprintf("127.0.0.1:%d", Port(t))
	d.issuer = httptest.NewServer(http.HandlerFunc(d.introspect))
	t.Cleanup(d.issuer.Close)
	var key string
	d.CA, key = Certificate(t, d.Dir, "localhost", "127.0.0.1")
	var passwords strings.Builder
	for user, password := range users {
		fmt.Fprintf(&passwords, "%s:{PLAIN}%s\n", user, password)
	}
	write(t, filepath.Join(d.Dir, "users"), passwords.String())
	write(t, filepath.Join(d.Dir, "oauth2.conf"), "introspection_mode = post\nintrospection_url = "+d.issuer.URL+
		"/\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n")
	write(t, filepath.Join(d.Dir, "dovecot.conf"), d.config(t, key, settings))
	d.open(t)
	d.Restart(t)
	return d
}

// Restart starts it again over the same mail, after Kill or a signal.
func (d *Dovecot) Restart(t testing.TB) {
	t.Helper()
	d.Process = Start(t, exec.Command(d.program, "-F", "-c", filepath.Join(d.Dir, "dovecot.conf")))
	d.Answers(t, d.IMAP)
	d.Answers(t, d.IMAPS)
}

// Issue makes an access token good for a user; user "" withdraws it.
func (d *Dovecot) Issue(token, user string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tokens[token] = user
}

// introspect answers Dovecot's questions about tokens (RFC 7662).
func (d *Dovecot) introspect(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // without a form there is no token
	d.mu.Lock()
	user := d.tokens[r.Form.Get("token")]
	d.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"active": user != "", "username": user}) // Dovecot may be gone
}

// Deliver puts mails into a folder of a user ("" is the inbox), as a delivery
// agent does. They get their UIDs in this order.
func (d *Dovecot) Deliver(t testing.TB, user, folder string, mails ...[]byte) {
	t.Helper()
	dir := filepath.Join(d.Dir, "mail", user, "Maildir")
	if folder != "" {
		dir = filepath.Join(dir, "."+folder)
	}
	for _, sub := range []string{"cur", "new", "tmp"} {
		d.own(t, filepath.Join(dir, sub))
	}
	for _, mail := range mails {
		d.mu.Lock()
		d.written++
		name := fmt.Sprintf("%d.%09d_1.test", 1700000000+d.written, d.written) // Dovecot sorts by the number before the dot
		d.mu.Unlock()
		tmp := filepath.Join(dir, "tmp", name)
		if err := os.WriteFile(tmp, mail, 0o600); err != nil {
			t.Fatal(err)
		}
		if os.Geteuid() == 0 {
			if err := os.Chown(tmp, mailUser, mailUser); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Rename(tmp, filepath.Join(dir, "new", name)); err != nil {
			t.Fatal(err)
		}
	}
}

// Doveadm runs a command of Dovecot's tool and returns what it prints.
func (d *Dovecot) Doveadm(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("doveadm", append([]string{"-c", filepath.Join(d.Dir, "dovecot.conf")}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("doveadm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// open lets Dovecot's users through to its folder.
func (d *Dovecot) open(t testing.TB) {
	t.Helper()
	if err := os.Chmod(d.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"users", "oauth2.conf"} {
		if err := os.Chmod(filepath.Join(d.Dir, file), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d.own(t, filepath.Join(d.Dir, "mail"))
}

// own makes a folder, and those above it, that the owner of the mail may write to.
func (d *Dovecot) own(t testing.TB, dir string) {
	t.Helper()
	if dir == d.Dir {
		return
	}
	d.own(t, filepath.Dir(dir))
	switch err := os.Mkdir(dir, 0o700); {
	case os.IsExist(err):
		return
	case err != nil:
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, mailUser, mailUser); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *Dovecot) config(t testing.TB, key string, settings []string) string {
	t.Helper()
	_, imap, _ := strings.Cut(d.IMAP, ":")
	_, imaps, _ := strings.Cut(d.IMAPS, ":")
	var b bytes.Buffer
	err := dovecotConf.Execute(&b, map[string]any{
		"Dir": d.Dir, "IMAP": imap, "IMAPS": imaps, "Cert": d.CA, "Key": key, "Settings": settings, "Root": os.Geteuid() == 0,
		"User": strconv.Itoa(os.Geteuid()), "UID": mailOwner(os.Geteuid()), "GID": mailOwner(os.Getegid()), "Self": os.Getenv("USER"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func mailOwner(self int) int {
	if os.Geteuid() == 0 {
		return mailUser
	}
	return self
}

var dovecotConf = template.Must(template.New("dovecot.conf").Parse(`
protocols = imap
listen = 127.0.0.1
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/state
log_path = /dev/stderr
instance_name = {{.Dir}}
{{- if not .Root}}
default_internal_user = {{.Self}}
default_login_user = {{.Self}}
{{- end}}
first_valid_uid = 1
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
ssl = yes
ssl_cert = <{{.Cert}}
ssl_key = <{{.Key}}
mail_location = maildir:~/Maildir
mail_max_userip_connections = 50
maildir_very_dirty_syncs = no
passdb {
  driver = passwd-file
  mechanisms = plain login
  args = scheme=plain {{.Dir}}/users
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {{.Dir}}/oauth2.conf
}
userdb {
  driver = static
  args = uid={{.UID}} gid={{.GID}} home={{.Dir}}/mail/%u allow_all_users=yes
}
namespace inbox {
  inbox = yes
  separator = .
}
service imap-login {
  chroot =
  inet_listener imap {
    port = {{.IMAP}}
  }
  inet_listener imaps {
    port = {{.IMAPS}}
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
{{- range .Settings}}
{{.}}
{{- end}}
`))
