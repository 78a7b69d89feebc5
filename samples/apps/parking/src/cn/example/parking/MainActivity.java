package cn.example.parking;

import android.Manifest;
import android.app.Activity;
import android.app.AlertDialog;
import android.content.DialogInterface;
import android.content.Intent;
import android.database.Cursor;
import android.os.Bundle;
import android.provider.ContactsContract;
import android.widget.EditText;

/** Shows a consent dialog, but asks for contacts and location on the same first screen. */
public final class MainActivity extends Activity implements DialogInterface.OnClickListener {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        EditText plate = new EditText(this);
        plate.setHint(R.string.plate);
        setContentView(plate);
        requestPermissions(new String[] {
                Manifest.permission.READ_CONTACTS,
                Manifest.permission.ACCESS_FINE_LOCATION,
        }, 1);
        if (((ParkingApplication) getApplication()).agreed()) {
            start();
        } else {
            new AlertDialog.Builder(this)
                    .setTitle(R.string.consent_title)
                    .setMessage(R.string.consent_text)
                    .setPositiveButton(R.string.agree, this)
                    .setNegativeButton(R.string.refuse, this)
                    .setCancelable(false)
                    .show();
        }
    }

    @Override
    public void onClick(DialogInterface dialog, int button) {
        if (button != DialogInterface.BUTTON_POSITIVE) {
            finish();
            return;
        }
        ((ParkingApplication) getApplication()).settings().edit().putBoolean("privacy_agreed", true).apply();
        start();
    }

    private void start() {
        startService(new Intent(this, NearbyService.class).putExtra("friends", friends()));
    }

    private int friends() {
        try (Cursor cursor = getContentResolver().query(ContactsContract.Contacts.CONTENT_URI, null, null, null, null)) {
            return cursor == null ? 0 : cursor.getCount();
        } catch (SecurityException denied) {
            return 0;
        }
    }
}
