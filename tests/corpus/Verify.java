import com.android.apksig.ApkVerifier;
import com.android.apksig.ApkVerifier.IssueWithParams;
import com.android.apksig.ApkVerifier.Result;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.TreeSet;

/** What apksig itself says, for signatures.py: lines PATH, MIN, MAX in; VERIFIED or FAILED, schemes, issues, stamp out. */
public class Verify {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            System.out.println(verify(line.split("\t", -1)));
        }
    }

    static String verify(String[] row) {
        try {
            ApkVerifier.Builder builder = new ApkVerifier.Builder(new File(row[0]));
            if (!row[1].isEmpty()) {
                builder.setMinCheckedPlatformVersion(Integer.parseInt(row[1]));
            }
            if (!row[2].isEmpty()) {
                builder.setMaxCheckedPlatformVersion(Integer.parseInt(row[2]));
            }
            File idsig = new File(row[0] + ".idsig");
            if (idsig.isFile()) {
                builder.setV4SignatureFile(idsig);
            }
            Result result = builder.build().verify();
            TreeSet<String> issues = new TreeSet<>();
            for (IssueWithParams issue : result.getAllErrors()) {
                issues.add(issue.getIssue().name());
            }
            String schemes = (result.isVerifiedUsingV1Scheme() ? "1" : "-")
                    + (result.isVerifiedUsingV2Scheme() ? "2" : "-")
                    + (result.isVerifiedUsingV3Scheme() ? "3" : "-")
                    + (result.isVerifiedUsingV31Scheme() ? "+" : "-")
                    + (result.isVerifiedUsingV4Scheme() ? "4" : "-");
            String stamp = "-";
            if (result.getSourceStampInfo() != null) {
                TreeSet<String> wrong = new TreeSet<>();
                for (IssueWithParams issue : result.getSourceStampInfo().getErrors()) {
                    wrong.add(issue.getIssue().name());
                }
                for (IssueWithParams issue : result.getSourceStampInfo().getWarnings()) {
                    wrong.add(issue.getIssue().name());
                }
                stamp = result.isSourceStampVerified() ? "VERIFIED" : String.join(",", wrong);
            }
            return (result.isVerified() ? "VERIFIED" : "FAILED") + "\t" + schemes + "\t"
                    + String.join(",", issues) + "\t" + stamp;
        } catch (Exception | OutOfMemoryError e) {
            return "REFUSED\t-----\t" + e.getClass().getSimpleName() + "\t-";
        }
    }
}
