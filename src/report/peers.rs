//! What apps of the same function ask for, beside a finding about a permission. It supports and never decides.

use super::Language;
use super::v1::{PeerShare, Report};

/// Puts the shares of peers beside the findings about their permissions.
pub fn attach(report: &mut Report, shares: &[PeerShare]) {
    for finding in &mut report.findings {
        let of_it = |share: &&PeerShare| share.permission == finding.subject;
        finding.peers = shares.iter().filter(of_it).cloned().collect();
    }
}

/// A share in words.
pub fn sentence(share: &PeerShare, report: &Report, language: Language) -> String {
    let declared = &report.function.declared;
    let function = declared
        .iter()
        .find(|function| function.id == share.function);
    let name = function.map_or(share.function.as_str(), |function| {
        function.name.get(language)
    });
    let (asking, of) = (share.asking, share.of);
    match language {
        Language::Zh => {
            format!("同类比较（仅供参考）：同批检测的{of}款“{name}”应用中，{asking}款申请该权限")
        }
        Language::En => format!(
            "peers, for comparison only: {asking} of {of} apps of “{name}” in the same run ask for it"
        ),
    }
}
