package scanner

import (
	"net/netip"

	"danescan/datasets/run"
)

// recall reads what an earlier, interrupted Collect left in the spool: finished
// ranges are not read again, finished hosts not asked again; hosts that finished
// ranges name and that were not finished are queued.
func (c *collector) recall() error {
	parts, err := c.spool.Parts(run.TableDomains)
	if err != nil {
		return err
	}
	c.done = map[int]bool{}
	for _, n := range parts {
		c.done[n] = true
	}
	c.resumed = len(parts) > 0
	for h, err := range c.spool.Hosts() {
		if err != nil {
			return err
		}
		c.known.add(h.Host)
		c.resumed = true
		c.noteExcluded(&h)
		c.cfg.Progress.Hosts.Add(1)
		c.cfg.Progress.HostsDone.Add(1)
		c.cfg.Progress.HostsKept.Add(1)
	}
	for e, err := range c.spool.Endpoints() {
		if err != nil {
			return err
		}
		if address, err := netip.ParseAddr(e.Address); err == nil {
			c.seen.add(e.Base, address, e.Attempt)
		}
	}
	for d, err := range c.spool.Domains() {
		if err != nil {
			return err
		}
		if c.cfg.Exclude.Name(d.Domain) {
			continue // by now
		}
		for _, mx := range d.MX {
			if err := c.queueHost(mx.Host); err != nil {
				return err
			}
		}
	}
	return nil
}
