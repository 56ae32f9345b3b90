package dnssec

// Reason says why a status is not secure: a closed list.
type Reason string
