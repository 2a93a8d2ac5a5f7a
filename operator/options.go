package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/posterndesk/postern/config/mirror"
)

const help = `postern-operator makes what is declared as HelpCenter, TicketForm and Mailbox
in Kubernetes what the daemon serves, through etcd, and tells in the status of
each object what has become of it.

Usage: postern-operator --etcd ENDPOINTS [flags]

Exit codes: 0 ended as it was told to, 1 failed, 2 the command line is wrong,
3 another operator has taken over the installation.

Flags:
`

// errHelp means that the help was asked for, and printed.
var errHelp = errors.New("help")

// options are what the command line says.
type options struct {
	etcd           mirror.Access
	installation   string
	namespaces     []string // none: all
	metrics        string   // "" for none
	health         string   // "" for none
	elect          bool
	electNamespace string // "" for the one of this pod
	daemon         types.NamespacedName
	massDelete     bool
	kubeconfig     string
	version        bool
}

// parse reads the command line. What is wrong with it is said on errs by the
// error alone.
func parse(args []string, errs io.Writer) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("postern-operator", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	o.bind(fs)
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(errs, help)
		fs.SetOutput(errs)
		fs.PrintDefaults()
		return nil, errHelp
	} else if err != nil {
		return nil, fmt.Errorf("%w; see --help", err)
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("%q is no flag; see --help", fs.Arg(0))
	}
	if o.version {
		return o, nil
	}
	return o, o.check()
}

func (o *options) bind(fs *flag.FlagSet) {
	fs.Func("etcd", "`endpoints` of the etcd that the daemon uses, with commas between", list(&o.etcd.Endpoints))
	fs.StringVar(&o.etcd.CA, "etcd-ca", "", "`file` with the certificate authority of --etcd")
	fs.StringVar(&o.etcd.Cert, "etcd-cert", "", "`file` with the client certificate for --etcd")
	fs.StringVar(&o.etcd.Key, "etcd-key", "", "`file` with the key of --etcd-cert")
	fs.StringVar(&o.installation, "installation", "default", "`name` of the installation, as the daemon has it")
	fs.Func("watch-namespaces", "`namespaces` to look after, with commas between, or repeated (default: all). The others' part of etcd is left alone", list(&o.namespaces))
	fs.StringVar(&o.metrics, "metrics", ":8443", "`address` of the metrics: with TLS, for who may get /metrics by a role of the cluster; in plain text on a loopback address; off for none")
	fs.StringVar(&o.health, "health", ":8081", "`address` of /healthz and /readyz; off for none")
	fs.BoolVar(&o.elect, "leader-elect", false, "work only while holding a lease, so that several may run")
	fs.StringVar(&o.electNamespace, "leader-election-namespace", "", "`namespace` of that lease (default: the one of this pod)")
	fs.Func("daemon-service", "`namespace/name` of the daemon's Service: pods that are ready there must be heard of in etcd (default: nobody asks)", o.setDaemon)
	fs.BoolVar(&o.massDelete, "allow-mass-delete", false, "let most help centers vanish at once; without it such deletions are held back")
	fs.StringVar(&o.kubeconfig, "kubeconfig", "", "`file` that says how to reach the API server (default: $KUBECONFIG, else as a pod of the cluster)")
	fs.BoolVar(&o.version, "version", false, "tell the version")
}

// list is a flag with commas, which may be repeated. One that names nothing is a slip,
// as it would mean what leaving it out means.
func list(into *[]string) func(string) error {
	return func(v string) error {
		before := len(*into)
		for item := range strings.SplitSeq(v, ",") {
			if item = strings.TrimSpace(item); item != "" {
				*into = append(*into, item)
			}
		}
		if len(*into) == before {
			return errors.New("it names nothing; leave it out if that is what is meant")
		}
		return nil
	}
}

func (o *options) setDaemon(v string) error {
	namespace, name, ok := strings.Cut(v, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return errors.New("it is written NAMESPACE/NAME")
	}
	o.daemon = types.NamespacedName{Namespace: namespace, Name: name}
	return nil
}

// namespaceName is a label of DNS (RFC 1123).
var namespaceName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (o *options) check() error {
	if len(o.etcd.Endpoints) == 0 {
		return errors.New("--etcd is missing: it names the etcd that the daemon uses, such as https://etcd:2379")
	}
	if (o.etcd.Cert == "") != (o.etcd.Key == "") {
		return errors.New("--etcd-cert and --etcd-key belong together")
	}
	if o.installation == "" || strings.ContainsAny(o.installation, "/\x00") {
		return fmt.Errorf("--installation %q has to be a plain word", o.installation)
	}
	for _, n := range o.namespaces {
		if !namespaceName.MatchString(n) {
			return fmt.Errorf("--watch-namespaces: %q is not the name of a namespace", n)
		}
	}
	if o.electNamespace != "" && !o.elect {
		return errors.New("--leader-election-namespace has a meaning only with --leader-elect")
	}
	return errors.Join(listenAddress("--metrics", &o.metrics), listenAddress("--health", &o.health))
}

// listenAddress makes off empty.
func listenAddress(name string, address *string) error {
	if *address == "off" {
		*address = ""
		return nil
	}
	if _, _, err := net.SplitHostPort(*address); err != nil {
		return fmt.Errorf("%s %q is not an address to listen on, such as :8443, nor off", name, *address)
	}
	return nil
}
