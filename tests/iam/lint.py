"""Lints the IAM policies in a folder with parliament, and exits with 1 when it finds something."""

import sys
from pathlib import Path

from parliament import analyze_policy_string, enhance_finding

# Lambda makes these in the function's name, and refuses a role that may not do so everywhere.
NETWORK_INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
}


# Who deploys the archive writes the policy of its bucket, and with it could allow more: docs/security.md says so.
POLICY_OF_ARCHIVE = "privilege escalation on arn:aws:s3:::currents-* "


def is_known(finding):
    if finding.issue == "RESOURCE_POLICY_PRIVILEGE_ESCALATION":
        return POLICY_OF_ARCHIVE in finding.detail
    return finding.issue == "RESOURCE_STAR" and set(finding.detail) <= NETWORK_INTERFACES


def main(folder):
    files = sorted(Path(folder).glob("*.json"))
    if not files:
        sys.exit(f"There is no policy in {folder}.")
    findings = [
        f"{file.name}: {enhance_finding(finding)}"
        for file in files
        for finding in analyze_policy_string(file.read_text()).findings
        if not is_known(finding)
    ]
    print(f"parliament: {len(files)} policies, {len(findings)} findings")
    print(*findings, sep="\n", end="")
    sys.exit(1 if findings else 0)


main(sys.argv[1])
