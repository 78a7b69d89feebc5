package com.example.hello;

import android.app.Activity;
import android.os.Bundle;
import android.widget.TextView;

/** Says hello. The smallest app there is; it exists for its signatures. */
public final class MainActivity extends Activity {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        TextView text = new TextView(this);
        text.setText("Hello");
        setContentView(text);
    }
}
