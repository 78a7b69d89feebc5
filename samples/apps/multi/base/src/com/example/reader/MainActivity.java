package com.example.reader;

import android.app.Activity;
import android.os.Bundle;
import android.widget.TextView;

import com.example.reader.store.Shelf;

/** Shows the shelf. In classes.dex. */
public final class MainActivity extends Activity {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        TextView text = new TextView(this);
        text.setText(getString(R.string.shelf) + " " + Shelf.open(this).size());
        setContentView(text);
    }
}
