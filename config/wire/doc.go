// Package wire is what the operator and the daemon say to each other through
// etcd: where each thing lies, what it looks like, and how secrets are sealed.
//
// The operator writes, for each account, one document for each help center,
// published form, mailbox and secret, and one [Account] that names them all with
// their hashes. A replica of the daemon serves an account as that lists it, and
// only when it has all of it; then it says so in a [Loaded]. So nothing is ever
// served that was written by half, and what is served is known by its content,
// not by when it was written.
//
// # Keys
//
// <inst> is the installation, below which the daemon has its own keys as well.
//
//	/postern/<inst>/declared/<account>/account             [Account]; all that follow are named in it, or [Nothing]
//	/postern/<inst>/declared/<account>/<kind>/<name>       [Document]; kind is one of [Kinds]
//	/postern/<inst>/lastgood/<account>/<kind>/<name>       the last [Document] that every replica has loaded
//	/postern/<inst>/operator/epoch                         decimal number of the operator that may write
//	/postern/<inst>/operator/host/<host>                   [Claim]; the host without a port
//	/postern/<inst>/operator/address/<address>             [Claim]; the address in lower case
//	/postern/<inst>/operator/vanished/<account>/<name>     a help center that vanished within ten minutes; with a lease
//	/postern/<inst>/operator/held/<account>                decimal number of help centers whose deletion is held back
//	/postern/<inst>/replicas/sealing                       [SealingKey]
//	/postern/<inst>/replicas/session/<replica>             [Session]; with a lease
//	/postern/<inst>/replicas/loaded/<replica>/<account>    [Loaded]; with the lease of the session
//
// Replicas are not woken by what they say themselves, as it has a prefix of its
// own. What is declared has no lease: that the operator is away changes nothing.
package wire
