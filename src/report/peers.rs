//! What apps of the same function ask for, beside a finding about a permission.

use super::v1::{PeerShare, Report};

/// Puts the shares of peers beside the findings about their permissions.
pub fn attach(report: &mut Report, shares: &[PeerShare]) {
    for finding in &mut report.findings {
        let of_it = |share: &&PeerShare| share.permission == finding.subject;
        finding.peers = shares.iter().filter(of_it).cloned().collect();
    }
}
