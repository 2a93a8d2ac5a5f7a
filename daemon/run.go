package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/certs"
	"github.com/posterndesk/postern/daemon/internal/devmail"
	"github.com/posterndesk/postern/daemon/internal/held"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/hooks"
	"github.com/posterndesk/postern/daemon/internal/imappoll"
	"github.com/posterndesk/postern/daemon/internal/inbound"
	"github.com/posterndesk/postern/daemon/internal/index"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/live"
	"github.com/posterndesk/postern/daemon/internal/login"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
	"github.com/posterndesk/postern/daemon/internal/openid"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/roster"
	"github.com/posterndesk/postern/daemon/internal/search"
	"github.com/posterndesk/postern/daemon/internal/smtpd"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// daemon is every part, once.
type daemon struct {
	settings  *settings
	log       *slog.Logger
	listen    *listeners
	live      *live.Live
	declared  *live.Declared // nil when the configuration is of files
	unfollow  func()         // ends declared; nil before it has begun
	explained func()         // ends telling why etcd is not reached; nil before it has begun
	group     *group
	ready     atomic.Bool // everything answers
	db        *database
	lists     *index.Index
	held      *held.Counts
	unsettled *inbound.Unsettled
	roster    *roster.Roster
	words     *search.Index
	blobs     blobStore
	logins    *login.Source
	certs     *certs.Source // nil without certificates
	metrics   *admin.Metrics
	desk      *actions.Desk
	hooks     *hooks.Teller
	mail      *smtpd.Server
	lmtp      *smtpd.Server // nil without --lmtp
	pollers   *imappoll.Pollers
	courier   *outbound.SMTPCourier
	queue     *outbound.Queue
	catcher   *devmail.Catcher // of dev
	pages     *http.Server
	plain     *http.Server // leads from --http to --https; nil when pages are on --http
	health    *http.Server
	socket    *http.Server
}

// run builds every part, serves until ctx ends, and stops in order. started is
// told when everything answers; it may be nil.
func run(ctx context.Context, s *settings, log *slog.Logger, started func(*daemon) error) error {
	allowSyncs()
	d := &daemon{settings: s, log: log, group: newGroup()}
	defer d.close()
	if err := d.build(ctx); err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			return nil // asked to stop before there was anything to serve
		}
		return err
	}
	return d.serve(ctx, started)
}

// allowSyncs lets others run while some wait for the disk. A goroutine in fsync
// keeps its processor until the runtime notices; with as many processors as
// cores, a quarter of the mails a second is lost to that (docs/benchmarks.md).
// Whoever sets GOMAXPROCS knows better.
func allowSyncs() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
}

// build opens what is open while the daemon runs, from the ground up.
func (d *daemon) build(ctx context.Context) error {
	keys, err := d.openGround(ctx)
	if err != nil {
		return err
	}
	if d.certs, err = d.openCertificates(ctx, keys.sealing); err != nil {
		return err
	}
	now := time.Now
	planner := &outbound.Planner{Budgets: d.db, Contacts: d.db, Signer: keys.signer}
	d.lists = index.New(index.Options{Source: d.db, Accounts: d.live.Accounts, Log: d.log, Now: now})
	d.roster = roster.New(d.db, d.live.Accounts, d.log)
	d.held, d.unsettled = held.New(d.db, d.live.Accounts, d.log), inbound.NewUnsettled()
	d.words = search.New(search.Options{Source: d.db, Dir: filepath.Join(d.settings.dir, "search"), Accounts: d.live.Accounts, First: d.lists.Ready, Log: d.log, Now: now})
	d.desk = actions.New(actions.Options{
		Store: d.db, Blobs: d.blobs, Directory: d.live, Signer: keys.signer, Planner: planner, Lists: d.lists, Roster: d.roster, Words: d.words, Log: d.log, Now: now, Vault: d.db.Vault(keys.sealing), Sealer: store.NewSealer(keys.sealing),
		Issuers: openid.New(openid.Options{Secrets: d.secrets(), Networks: d.settings.issuers, Now: now}),
	})
	pipeline := &inbound.Pipeline{
		Store: d.db, Blobs: d.blobs, Directory: d.live, Signer: keys.signer, Planner: planner, Log: d.log, Now: now,
		Memory: inbound.NewMemory(inbound.DefaultMemory), Counts: inbound.NewCounts(), Merger: merger{d.desk}, Unsettled: d.unsettled,
		Auth: mailauth.New(mailauth.Options{Resolver: d.settings.resolver(), Now: now}),
	}
	if err := d.openOutbox(planner); err != nil {
		return err
	}
	d.openMail(pipeline)
	if err := d.openPollers(pipeline); err != nil {
		return err
	}
	d.hooks = hooks.New(hooks.Options{
		Store: d.db, Vault: d.db.Vault(keys.sealing), Directory: d.live, Accounts: d.live.Accounts, Stopped: d.desk.TellHookStopped,
		Networks: d.settings.hooks, Log: d.log, Now: now,
	})
	d.metrics.Mailboxes(d.mailWaits)
	d.openPages()
	d.socket = &http.Server{ReadHeaderTimeout: headerTimeout, Handler: admin.Socket(admin.Ways{
		Desk: d.desk, Explain: d.explain(pipeline), Import: pipeline.Import, Surgery: surgery{d}, Accounts: d.live.Accounts, Relays: d.queue.Relays, Mailboxes: d.mailboxes, Centers: d.centers, Log: d.log,
		Configuration: d.configuration, Manifests: d.live.Manifests,
	})}
	return nil
}

// keys are what this installation signs and seals with.
type keys struct {
	sealing [store.KeySize]byte
	signer  *links.Signer
}

// openGround opens what everything stands on: ports first, as one that is taken is
// the most common mistake, then what is declared, records, blobs and keys.
func (d *daemon) openGround(ctx context.Context) (k keys, err error) {
	s := d.settings
	d.metrics = admin.NewMetrics()
	if d.listen, err = listen(s); err != nil {
		return k, err
	}
	if err = d.loadFiles(); err != nil {
		return k, err
	}
	if d.db, err = openDatabase(ctx, s); err != nil {
		return k, err
	}
	d.explained = d.explainEtcd(ctx)
	d.openHealth()
	d.db.OnAudit(func(account string, r *helpdesk.AuditRecord) {
		d.log.Info("audit", "account", account, "seq", r.Seq, "act", r.Act, "subject", r.Subject, "hash", r.Hash)
	})
	if err = d.listen.listenSocket(s); err != nil {
		return k, err
	}
	if d.blobs, err = d.openBlobs(ctx); err != nil {
		return k, err
	}
	if k.sealing, err = s.sealingKey(); err != nil {
		return k, err
	}
	if err = d.follow(ctx, k.sealing); err != nil {
		return k, err
	}
	d.metrics.Declared(d.loading)
	if k.signer, err = d.awaitDeclared(ctx, k.sealing); err != nil {
		return k, err
	}
	d.logins = login.New(d.secrets(), d.db.RefreshTokens(k.sealing), time.Now)
	if s.dev {
		d.catcher, err = devmail.Open(filepath.Join(s.dir, "caught"), time.Now)
	}
	return k, err
}

// openOutbox builds what sends.
func (d *daemon) openOutbox(planner *outbound.Planner) error {
	s, now := d.settings, time.Now
	spools, err := outbound.OpenSpools(filepath.Join(s.dir, "outgoing"))
	if err != nil {
		return err
	}
	d.courier = &outbound.SMTPCourier{Helo: s.hostname, Now: now, Logins: d.logins}
	d.queue = &outbound.Queue{
		Store: d.db, Blobs: d.blobs, Directory: d.live, Signer: planner.Signer, Keys: outbound.NewKeys(d.secrets(), now),
		Spools: spools, Meter: d.metrics, Log: d.log, Now: now, Courier: d.courier, Planner: planner,
		Schedule: outbound.DefaultSchedule(), Brake: outbound.NewBrake(),
		Replica: s.replica, Workers: outboundWorkers, Exclusive: d.db.inside != nil,
	}
	return nil
}

// outboundWorkers is how many mails are on their way at once, to all relays: ten
// of them may be as slow as they like before the others notice. Attempts wait for
// the other side, hardly for us; each holds a connection and at most 256 KiB.
const outboundWorkers = 200

// serve runs every part until ctx ends or one of them fails, then stops them:
// edges first, so that nothing new comes in; then the outbox; what both stand
// on is closed by close.
func (d *daemon) serve(ctx context.Context, started func(*daemon) error) error {
	back, stopBack := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBack()
	g := d.group
	d.serveMail(g)
	d.servePages(g)
	g.run("serve admin socket", func() error { return d.socket.Serve(d.listen.socket) })
	if d.catcher != nil {
		g.run("catch mail", func() error { return d.catcher.Serve(d.listen.catcher) })
	}
	polling, stopPolling := context.WithCancel(ctx)
	defer stopPolling()
	g.loop(func() { d.pollers.Run(polling) })
	d.loops(back)
	d.phase(wire.Serving)
	d.log.Info("serving", append(d.told(), "dir", d.settings.dir, "replica", d.settings.replica)...)

	var err error
	if started != nil {
		err = started(d)
	}
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-g.failed:
		case err = <-d.db.failed():
			err = errors.Join(errors.New("etcd has stopped"), err)
		}
	}
	d.log.Info("stopping")
	d.phase(wire.Draining)
	stopPolling()
	d.stopEdges()
	stopBack()
	if d.catcher != nil {
		g.waitLoops() // the outbox may still hand mail to it
		d.catcher.Close()
	}
	g.wait()
	d.log.Info("stopped")
	return err
}

// loops runs what works in the background until ctx ends.
func (d *daemon) loops(ctx context.Context) {
	d.group.loop(func() { d.queue.Run(ctx) })
	d.group.loop(func() { d.hooks.Run(ctx) })
	if d.db.inside == nil { // nobody else writes to the one inside
		d.group.run("share etcd", func() error { return d.db.Outgrown(ctx, version) })
	}
	if d.declared == nil {
		d.group.loop(func() { d.live.Watch(ctx, d.settings.manifests) })
	}
	d.group.loop(func() { d.sweep(ctx) })
	d.group.loop(func() { d.lists.Run(ctx) })
	d.group.loop(func() { d.roster.Run(ctx) })
	d.group.loop(func() { d.held.Run(ctx) })
	d.group.loop(func() { d.desk.Erase(ctx, d.live.Accounts) })
	d.group.loop(func() { d.words.Run(ctx) })
	d.group.loop(func() { d.desk.Settle(ctx, d.live.Accounts) })
	d.group.loop(func() { d.desk.WakeUp(ctx, d.live.Accounts) })
	if d.certs != nil {
		d.group.loop(func() { d.certs.Run(ctx) })
	}
}

// drainPages is how long requests under way may take at the end.
const drainPages = 10 * time.Second

func (d *daemon) stopEdges() {
	d.stopMail()
	ctx, cancel := context.WithTimeout(context.Background(), drainPages)
	defer cancel()
	for _, server := range append(d.pageServers(), d.socket, d.health) {
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close() // whoever is still there has had their time
		}
	}
}

// sweepEvery is how often lapsed records are removed: they do no harm but for
// the space they take.
const sweepEvery = time.Hour

func (d *daemon) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, account := range d.live.Accounts() {
			n, err := d.db.Sweep(ctx, account, time.Now())
			if err != nil && ctx.Err() == nil {
				d.log.Warn("sweep broke off", "account", account, "error", err)
			} else if n > 0 {
				d.log.Info("lapsed records removed", "account", account, "records", n)
			}
			if n, err = d.desk.EraseDeleted(ctx, account); err != nil && ctx.Err() == nil {
				d.log.Warn("erasing of deleted contacts broke off", "account", account, "error", err)
			} else if n > 0 {
				d.log.Info("deleted contacts are erased now", "account", account, "contacts", n)
			}
			if n, err = d.desk.SweepUploads(ctx, account); err != nil && ctx.Err() == nil {
				d.log.Warn("sweep of uploads broke off", "account", account, "error", err)
			} else if n > 0 {
				d.log.Info("files removed that were not sent", "account", account, "files", n)
			}
		}
	}
}

// close undoes build, from the top down.
func (d *daemon) close() {
	if d.listen != nil {
		d.listen.close()
	}
	if d.unfollow != nil {
		d.unfollow()
	}
	if d.explained != nil {
		d.explained()
	}
	if d.db != nil {
		d.db.close()
	}
	if d.blobs != nil {
		_ = d.blobs.Close() // everything in it was synced when it was stored
	}
}
