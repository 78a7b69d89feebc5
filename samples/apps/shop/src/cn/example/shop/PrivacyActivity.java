package cn.example.shop;

import android.app.Activity;
import android.os.Bundle;
import android.webkit.WebView;

/** Shows the privacy policy, which lives on a server. */
public final class PrivacyActivity extends Activity {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        WebView web = new WebView(this);
        setContentView(web);
        web.loadUrl("http://shop.example/privacy.html");
    }
}
